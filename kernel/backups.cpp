#include "backups.hpp"

#include "backup/dump.hpp"
#include "backup/file_writer.hpp"
#include "control/socket.hpp"
#include "observe/log.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <vector>

namespace parley {

namespace json = boost::json;
namespace fs = std::filesystem;
using observe::level;

namespace {

constexpr std::string_view begins = "parley-", ends = ".backup";
constexpr std::chrono::hours longest_wait{24}; // the clock may have been set meanwhile

// Those that the schedule made, the oldest first.
std::vector<fs::path> made_in(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code ignored;
  for (const auto& each : fs::directory_iterator(folder, ignored)) {
    const std::string name = each.path().filename();
    if (name.starts_with(begins) && name.ends_with(ends)) out.push_back(each.path());
  }
  std::sort(out.begin(), out.end()); // the names hold the time
  return out;
}

std::int64_t written_at_ms(const fs::path& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 ? std::int64_t{found.st_mtim.tv_sec} * 1000 : 0;
}

} // namespace

// Shared with the driver's thread while it runs.
struct backups::one {
  fs::path file;
  backup::file_writer writer;
  std::atomic<std::uint64_t> records{0}, total{0};
  std::atomic<bool> is_over{false}; // the server stops
  // [logic] Once it has ended.
  bool has_ended = false;
  std::string why;
  std::int64_t began_ns = 0;
};

backups::backups(const config::config& with, env::loop& logic, const env::clock& clock)
    : config_(with), logic_(logic), clock_(clock) {
  std::string refused_by_the_configuration;
  if (!with.backup.cron.empty())
    when_ = manifest::cron::parse(with.backup.cron, &refused_by_the_configuration);
}

backups::~backups() = default;

void backups::serve(const std::string& driver_name, const parley_storage_driver& driver) {
  driver_name_ = driver_name;
  driver_ = &driver;
  if (!when_) return;
  const std::vector<fs::path> all = made_in(config_.backup.folder);
  if (!all.empty() && when_->next(written_at_ms(all.back())) <= clock_.unix_ms())
    return make_by_schedule();
  plan();
}

void backups::stop() {
  logic_.cancel(timer_);
  driver_ = nullptr;
  if (last_) last_->is_over = true;
}

bool backups::run(const json::object& asked, const std::function<void(json::object)>& answer) {
  const std::string what = control::text_of(asked, "do");
  if (what == "backup.state") {
    answer(last_ ? state() : json::object{{"error", "this server has made no backup"}});
    return true;
  }
  if (what != "backup.start") return false;
  // Who asks goes by the file as it is now, and this server by what it was when it started.
  const json::value* encrypted = asked.if_contains("encrypted");
  const bool has_key = backup::key_source{config_.backup.key_file, config_.backup.key}.is_there();
  if (encrypted && encrypted->is_bool() && encrypted->get_bool() && !has_key) {
    answer({{"error",
             "this server was started without a key in `backup:`, so the file would not be "
             "encrypted; restart it first"}});
    return true;
  }
  const std::string why = start(control::text_of(asked, "file"), [] {});
  answer(why.empty() ? json::object() : json::object{{"error", why}});
  return true;
}

json::object backups::state() const {
  const one& of = *last_;
  json::object out{{"running", !of.has_ended},
                   {"file", of.file.string()},
                   {"done", of.records.load()},
                   {"total", of.total.load()}};
  if (!of.has_ended) return out;
  out["why"] = of.why;
  out["bytes"] = of.writer.bytes();
  out["records"] = of.writer.counted().records();
  out["topics"] = of.writer.counted().topics;
  return out;
}

std::string backups::start(const fs::path& file, done then) {
  if (!driver_) return "the server is not ready";
  if (!backup::can_dump(*driver_)) return driver_name_ + " gives no dumps: it has to be newer";
  if (last_ && !last_->has_ended)
    return "a backup is being made already, into " + last_->file.string();
  std::string why;
  const auto by = backup::read_key({config_.backup.key_file, config_.backup.key}, why);
  if (!why.empty()) return why;
  auto made = std::make_shared<one>();
  made->file = file;
  made->began_ns = clock_.steady_ns();
  why = made->writer.open(file,
                          {"parleyd " PARLEY_VERSION,
                           config_.server.name,
                           driver_name_,
                           env::rfc3339(clock_.unix_ms()),
                           {}},
                          by);
  if (!why.empty()) return why;
  last_ = made;
  backup::dump(
      *driver_,
      [made](const parley_driver_piece& piece) -> std::string {
        if (made->is_over) return "the server stops";
        made->records = piece.done;
        made->total = piece.total;
        return made->writer.add(piece);
      },
      [this, made, then = std::move(then)](std::string failed) {
        made->why = failed.empty() ? made->writer.finish() : std::move(failed);
        logic_.post([this, made, then] { ended(made, then); });
      });
  return {};
}

void backups::ended(const std::shared_ptr<one>& what, const done& then) {
  what->has_ended = true;
  const std::int64_t ms = (clock_.steady_ns() - what->began_ns) / 1'000'000;
  if (what->why.empty()) {
    observe::write(level::info, "a backup was made",
                   {{"file", what->file.string()},
                    {"records", what->writer.counted().records()},
                    {"bytes", what->writer.bytes()},
                    {"ms", ms}});
  } else {
    what->writer.give_up();
    observe::write(level::error, "a backup failed",
                   {{"file", what->file.string()}, {"why", what->why}});
  }
  then();
}

// ---- by the schedule

void backups::plan() {
  if (!driver_) return;
  const std::int64_t now = clock_.unix_ms();
  const std::chrono::milliseconds until(when_->next(now) - now);
  if (until > longest_wait)
    timer_ = logic_.after(longest_wait, [this] { plan(); });
  else
    timer_ = logic_.after(until, [this] { make_by_schedule(); });
}

void backups::make_by_schedule() {
  const fs::path& folder = config_.backup.folder;
  std::error_code failed;
  fs::create_directories(folder, failed);
  std::string at = env::rfc3339(clock_.unix_ms());
  std::replace(at.begin(), at.end(), ':', '-');
  const fs::path file = folder / (std::string(begins) + at + std::string(ends));
  std::string why = failed ? folder.string() + " cannot be made: " + failed.message() : "";
  if (why.empty()) why = start(file, [this] { remove_old(); });
  if (!why.empty())
    observe::write(level::error, "a backup failed", {{"file", file.string()}, {"why", why}});
  plan();
}

void backups::remove_old() const {
  if (!last_->why.empty()) return;
  const std::vector<fs::path> all = made_in(config_.backup.folder);
  for (std::size_t i = 0; i + config_.backup.keep < all.size(); ++i) {
    std::error_code failed;
    fs::remove(all[i], failed);
    if (failed)
      observe::write(level::error, "an old backup cannot be removed",
                     {{"file", all[i].string()}, {"why", failed.message()}});
    else
      observe::write(level::info, "an old backup was removed", {{"file", all[i].string()}});
  }
}

} // namespace parley
