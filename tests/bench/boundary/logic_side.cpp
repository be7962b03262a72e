#include "logic_side.hpp"

#include "dispatch/methods.hpp"
#include "observe/log.hpp"
#include "plugin/built_in.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>

namespace parley::bench {

namespace json = boost::json;

namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "parley-bench-boundary: " << why << '\n';
  std::_Exit(1);
}

std::filesystem::path new_folder() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "parley-boundary-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) give_up("no temporary folder can be made");
  return pattern;
}

config::config read_config(const std::filesystem::path& folder,
                           const std::vector<std::filesystem::path>& plugin_path) {
  const std::filesystem::path file = folder / "parley.yaml";
  std::ofstream out(file);
  out << "server: { data: " << folder.string() << " }\n"
      << "rates: { read: { per_second: 0 }, write: { per_second: 0 } }\nplugin_path:\n";
  for (const auto& each : plugin_path) out << "  - " << each.string() << '\n';
  out << "plugins: { storage-sqlite: {}, bench-stage: {}, bench-native: {}, bench-c: {}, "
         "bench-lua: {} }\n";
  out.close();
  std::vector<yaml::problem> problems;
  config::config read = config::load(file, problems);
  for (const yaml::problem& p : problems) give_up(yaml::to_string(p));
  return read;
}

std::vector<plugin::candidate> find(const config::config& in) {
  std::vector<yaml::problem> problems;
  auto found = plugin::find_plugins(in, plugin::built_in_manifests(), problems);
  for (const yaml::problem& p : problems) give_up(yaml::to_string(p));
  return found;
}

} // namespace

// Takes the answers; nobody is connected.
class logic_side::no_clients final : public dispatch::clients {
 public:
  bool answered = false;

  void answer(dispatch::connection_id, std::uint64_t, dispatch::outcome what) override {
    if (what.failure) give_up(what.failure->code + ": " + what.failure->message);
    answered = true;
  }
  void authenticated(dispatch::connection_id, dispatch::session_ptr,
                     std::optional<dispatch::error>) override {}
  void publish(std::string_view, std::int64_t, dispatch::payload, std::string_view) override {}
  void send(dispatch::connection_id, dispatch::payload) override {}
  void follow(dispatch::connection_id, std::string_view, std::int64_t, bool) override {}
  void replay(dispatch::connection_id, std::string_view,
              std::vector<std::pair<std::int64_t, dispatch::payload>>, bool) override {}
  void unfollow(dispatch::connection_id, std::string_view) override {}
  void when_read(dispatch::connection_id, std::function<void()> then) override { then(); }
  void close(dispatch::connection_id, std::uint16_t, std::string_view) override {}
};

logic_side::logic_side(const std::vector<std::filesystem::path>& plugin_path, time_of which)
    : clock_(which == time_of::machine ? static_cast<env::clock&>(machine_) : counted_),
      folder_(new_folder()),
      config_(read_config(folder_, plugin_path)),
      clients_(std::make_unique<no_clients>()),
      who_(std::make_shared<dispatch::session>(dispatch::session{
          "01939c5e-7a11-7d25-9c10-0242ac120003", PARLEY_USER, "a-session", {"user"}, 0})) {
  node_ = std::make_unique<node>(
      config_, find(config_), node::surroundings{loop_, clock_, random_, pool_, metrics_},
      node::outside{
          [this](dispatch::entry&) -> dispatch::clients& { return *clients_; },
          [this](std::shared_ptr<const dispatch::registry> all) { registry_ = std::move(all); }});
  bool started = false;
  node_->start([&](const std::string& why) {
    if (!why.empty()) give_up(why);
    started = true;
  });
  pump_until(started);
}

logic_side::~logic_side() {
  bool stopped = false;
  node_->stop([&] { stopped = true; });
  pump_until(stopped);
  node_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

// The store has a thread of its own: where nothing is to be done, it is waited for. The loop's time
// does not outrun the machine's, or the limits of what is done meanwhile pass on a busy machine.
void logic_side::pump_until(const bool& over) {
  while (!over) {
    if (loop_.run_until_idle() > 0) continue;
    if (!loop_.wait_for_post(std::chrono::milliseconds(1)))
      loop_.advance(std::chrono::milliseconds(1));
  }
}

void logic_side::request(const std::string& method, const json::object& params) {
  if (&clock_ == &machine_)
    counted_.set_steady_ns(machine_.steady_ns());
  else
    counted_.set_steady_ns(counted_.steady_ns() + 100'000);
  dispatch::client_request what;
  what.connection = 1;
  what.exchange = 1;
  what.from = registry_;
  what.target = registry_->find(method);
  what.params = params;
  what.params_digest = "00000000000000000000000000000000"; // the shard's work
  what.who = who_;
  what.request_id = "01939c5e-7a12-7d25-9c10-0242ac120004";
  what.remote = "127.0.0.1";
  clients_->answered = false;
  node_->dispatch().request(std::move(what));
  pump_until(clients_->answered);
}

} // namespace parley::bench
