// parleyctl person export, erase and state.

#include "ctl/ask.hpp"
#include "ctl/commands.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iomanip>
#include <iostream>

namespace parley::ctl {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

std::int64_t number_of(const json::object& in, std::string_view key) {
  const json::value* value = in.if_contains(key);
  return value && value->is_int64() ? value->get_int64() : 0;
}

class server {
 public:
  server(fs::path socket, std::string account)
      : socket_(std::move(socket)), account_(std::move(account)) {}

  std::optional<json::object> ask(const std::string& what, std::int64_t part = 0) const {
    return said_by(
        control::ask(socket_, {{"do", "person." + what}, {"account", account_}, {"part", part}}));
  }
  // Until it is done, or nothing after having said why it is not.
  std::optional<json::object> see_through(const std::string& what) const {
    std::optional<json::object> at = ask(what);
    std::string told;
    while (at && text_of(*at, "state") != "done") {
      const std::string state = text_of(*at, "state"), why = text_of(*at, "why");
      if (state == "stopped") {
        std::cerr << "it was given up: " << why << "\nparleyctl person " << what << ' ' << account_
                  << " tries it again\n";
        return std::nullopt;
      }
      const std::string now = state == "waiting" ? "it is tried again: " + why : "";
      if (now != told && !now.empty()) std::cerr << now << '\n';
      told = now;
      show_step(text_of(*at, "step"));
      pause();
      at = ask("state");
    }
    show_step("");
    return at;
  }

 private:
  static void show_step(const std::string& name) {
    if (::isatty(STDERR_FILENO) == 1) std::cerr << "\r" << name << "\x1b[K" << std::flush;
  }

  const fs::path socket_;
  const std::string account_;
};

void row(const std::string& name, const std::string& counts, const std::string& why) {
  std::cout << std::left << std::setw(36) << name << ' ' << std::setw(28) << counts << ' ' << why
            << '\n';
}

void tell(const json::object& state) {
  const json::object& report = state.at("report").as_object();
  std::cout << text_of(state, "verb") << " of " << text_of(state, "account") << ": "
            << text_of(state, "state") << ", begun " << text_of(state, "begun_at");
  if (const std::string ended = text_of(state, "ended_at"); !ended.empty())
    std::cout << ", ended " << ended;
  std::cout << '\n';
  for (const char* part : {"collections", "memory", "events", "jobs", "keys"}) {
    const json::value* all = report.if_contains(part);
    if (!all) continue;
    for (const auto& each : all->as_object()) {
      std::string counts;
      for (const auto& count : each.value().as_object())
        if (count.key() != "why")
          counts += (counts.empty() ? "" : ", ") + json::serialize(count.value()) + " " +
                    std::string(count.key());
      row(each.key(), counts, text_of(each.value().as_object(), "why"));
    }
  }
  if (const json::value* unknown = report.if_contains("not_looked_at"))
    for (const json::value& each : unknown->as_array())
      row(std::string(each.as_string()), "not looked at", "no plugin that is loaded declares it");
  if (const std::string files = text_of(report, "files"); !files.empty())
    row("files", files, files == "clean" ? "" : "see PostgreSQL in docs/operators.md");
}

std::optional<server> server_of(const arguments& given) {
  const auto data = data_of(given[1]);
  if (!data) return std::nullopt;
  return server(*data / control::file_name, given[0]);
}

int erase(const arguments& given) {
  const auto of = server_of(given);
  if (!of) return 2;
  const auto done = of->see_through("erase");
  if (!done) return 1;
  tell(*done);
  return 0;
}

int state(const arguments& given) {
  const auto of = server_of(given);
  if (!of) return 2;
  const auto said = of->ask("state");
  if (!said) return 1;
  tell(*said);
  if (const std::string why = text_of(*said, "why"); !why.empty()) std::cout << why << '\n';
  return 0;
}

// For whoever ordered it alone; what is there is not overwritten.
class new_file {
 public:
  explicit new_file(fs::path path)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
    if (file_ < 0) why_ = path_.string() + " cannot be made: " + std::strerror(errno);
  }
  ~new_file() {
    if (file_ < 0) return;
    ::close(file_);
    if (!is_kept_) ::unlink(path_.c_str());
  }
  new_file(const new_file&) = delete;

  const std::string& why() const { return why_; }
  void write(std::string_view text) {
    while (!text.empty() && why_.empty()) {
      const ssize_t written = ::write(file_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0)
        why_ = path_.string() + ": " + std::strerror(errno);
      else
        text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void keep() {
    if (why_.empty() && ::fsync(file_) != 0) why_ = path_.string() + ": " + std::strerror(errno);
    is_kept_ = why_.empty();
  }

 private:
  const fs::path path_;
  const int file_;
  bool is_kept_ = false;
  std::string why_;
};

int fail(const std::string& why) {
  std::cerr << why << '\n';
  return 1;
}

int export_all(const arguments& given) {
  const auto of = server_of(given);
  if (!of) return 2;
  const fs::path path = given.size() == 3 ? given[2] : "person-" + given[0] + ".json";
  new_file file(path);
  if (!file.why().empty()) return fail(file.why());
  const auto done = of->see_through("export");
  if (!done) return 1;
  for (std::int64_t part = 0; part < number_of(*done, "parts") && file.why().empty(); ++part) {
    const auto said = of->ask("part", part);
    if (!said) return 1;
    file.write(text_of(*said, "text"));
  }
  const auto still = of->ask("state");
  if (!still) return 1;
  if (text_of(*still, "begun_at") != text_of(*done, "begun_at"))
    return fail("somebody has ordered another export meanwhile; order it again");
  file.keep();
  if (!file.why().empty()) return fail(file.why());
  if (!of->ask("taken")) return 1;
  tell(*done);
  std::cout << "written to " << path.string() << '\n';
  return 0;
}

} // namespace

std::vector<command> person_commands() {
  return {{{"person", "export"},
           "ID CONFIG [FILE]",
           "all of a person's data in a file, person-ID.json",
           export_all},
          {{"person", "erase"}, "ID CONFIG", "take a person's data away for good", erase},
          {{"person", "state"}, "ID CONFIG", "what was ordered for a person last", state}};
}

} // namespace parley::ctl
