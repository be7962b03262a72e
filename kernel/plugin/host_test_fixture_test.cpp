#include "plugin/host_test_fixture.hpp"

#include "dispatch/values.hpp"
#include "parley/draft/http_route.h"

#include <algorithm>

namespace parley::plugin {

namespace {

struct bound_step {
  const step* run;
};

void run_step(void* user, parley_call call, parley_value input) {
  const json::value* v = dispatch::value_arena::find(input);
  (*static_cast<const step*>(user))(call, *v);
}

manifest::manifest read_manifest(const std::string& text) {
  std::vector<yaml::problem> problems;
  const yaml::document source = yaml::parse(text, "plugin.yaml", problems);
  manifest::manifest result = manifest::read(source, problems);
  for (const yaml::problem& p : problems) ADD_FAILURE() << yaml::to_string(p);
  return result;
}

} // namespace

void kernel::SetUp() {
  std::string pattern = (std::filesystem::temp_directory_path() / "parley-host-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  calls_ = std::make_unique<dispatch::calls>(loop_, clock_, random_);
  shared_.logic = &loop_;
  shared_.clock = &clock_;
  shared_.random = &random_;
  shared_.pool = &pool_;
  shared_.memory = &memory_;
  shared_.calls = calls_.get();
  shared_.metrics = &metrics_;
  loader_ = std::make_unique<loader>(shared_, lua_limits{});
  loader_->add_built_in("storage-sqlite", parley_plugin_entry_v1);

  candidate sqlite;
  sqlite.name = "storage-sqlite";
  sqlite.declared.name = sqlite.name;
  sqlite.declared.provides = {"storage"};
  sqlite.config = json::object{{"path", (folder_ / "test.db").string()},
                               {"commit_delay_us", 0},
                               {"readers", 1},
                               {"cache_mib", 4}};
  std::string why;
  driver_ = loader_->load(std::move(sqlite), &why);
  ASSERT_TRUE(driver_) << why;
  any_host_ = &driver_->host.base;
  engine_ = storage::make_engine(loop_, *driver_->driver);
  shared_.store = engine_.get();
  dispatch_ = std::make_unique<dispatch::dispatcher>(
      *calls_, *engine_, metrics_,
      [](const std::vector<std::string>& roles, const manifest::permission& wanted) {
        for (const std::string& role : roles)
          for (const std::string& granted : wanted.default_roles)
            if (role == granted) return true;
        return false;
      },
      dispatch::limits{});
  dispatch_->serve(clients_);
  shared_.dispatch = dispatch_.get();
}

void kernel::TearDown() {
  for (const auto& p : plugins_) dispatch_->remove(*p);
  std::size_t retired = 0;
  for (auto& p : plugins_) loader_->retire(std::move(p), 5000, [&] { ++retired; });
  until([&] { return retired == plugins_.size(); });
  if (engine_) {
    bool closed = false;
    engine_->close([&](const storage::failure&) { closed = true; });
    until([&] { return closed; });
  }
  dispatch_.reset();
  engine_.reset();
  bool over = !driver_;
  if (driver_) loader_->retire(std::move(driver_), 5000, [&] { over = true; });
  until([&] { return over; });
  waiting_.clear(); // of operations that were never begun
  std::filesystem::remove_all(folder_);
}

loaded_plugin& kernel::add(const std::string& manifest_text, std::map<std::string, step> steps) {
  candidate c;
  c.declared = read_manifest(manifest_text);
  c.name = c.declared.name;
  c.config = json::object{};
  steps_.push_back(std::make_unique<std::map<std::string, step>>(std::move(steps)));
  auto* kept = steps_.back().get();
  loader_->add_built_in(c.name, [kept](const parley_host* host, parley_plugin*) {
    const std::map<std::string, std::int32_t> kinds{{"method", PARLEY_METHOD},
                                                    {"hook", PARLEY_HOOK},
                                                    {"access", PARLEY_SCOPE_ACCESS},
                                                    {"places", PARLEY_SCOPE_PLACES},
                                                    {"route", PARLEY_ROUTE}};
    for (auto& [key, run] : *kept) {
      const std::size_t space = key.find(' ');
      const std::string name = key.substr(space + 1);
      const parley_status status =
          api<parley_call_api>(PARLEY_CALL_INTERFACE)
              .provide(host, kinds.at(key.substr(0, space)), dispatch::str(name), run_step, &run);
      if (status != PARLEY_OK) return status;
    }
    return parley_status{PARLEY_OK};
  });
  std::string why;
  auto loaded = loader_->load(std::move(c), &why);
  EXPECT_TRUE(loaded) << why;
  plugins_.push_back(std::move(loaded));

  dispatch_->add(*plugins_.back());
  return *plugins_.back();
}

// Once all plugins of the test are there.
void kernel::open() {
  std::vector<std::shared_ptr<const dispatch::offer>> offers;
  std::vector<storage::collection> collections{dispatch::idempotency_collection()};
  for (const auto& p : plugins_) {
    offers.push_back(std::make_shared<const dispatch::offer>(p->declared));
    for (auto& collection : storage::declared(p->declared))
      collections.push_back(std::move(collection));
  }
  registry_ = std::make_shared<dispatch::registry>(1, std::move(offers));
  dispatch_->set_registry(registry_);
  bool opened = false;
  engine_->open(std::move(collections), [&](const storage::failure& failed) {
    EXPECT_EQ(failed.message, "");
    opened = true;
  });
  until([&] { return opened; });
}

void kernel::until(const std::function<bool()>& over) {
  const auto watch = loop_.on_turn_end([&] {
    if (over()) loop_.stop();
  });
  bool late = false;
  const env::timer_id limit = loop_.after(std::chrono::seconds(20), [&] {
    late = true;
    loop_.stop();
  });
  loop_.post([] {});
  loop_.run();
  loop_.cancel(limit);
  loop_.forget_turn_end(watch);
  ASSERT_FALSE(late) << "what the test waits for never came";
}

dispatch::session_ptr kernel::user(const std::string& account) {
  if (account.empty()) return nullptr;
  return std::make_shared<dispatch::session>(
      dispatch::session{account, PARLEY_USER, "session-" + account, {"user"}, 0});
}

std::uint64_t kernel::send(const std::string& method, json::object params,
                           const std::string& account, dispatch::connection_id from,
                           std::uint32_t deadline_ms) {
  if (!registry_) open();
  dispatch::client_request request;
  request.connection = from;
  request.exchange = ++exchanges_;
  request.from = registry_;
  request.target = registry_->find(method);
  request.params = std::move(params);
  request.params_digest = dispatch::digest_of(request.params);
  request.who = user(account);
  request.request_id = "request";
  request.deadline_ms = deadline_ms;
  dispatch_->request(std::move(request));
  return exchanges_;
}

dispatch::outcome kernel::answer(std::uint64_t exchange) {
  until([&] { return clients_.answers.contains(exchange); });
  return clients_.answers[exchange];
}

dispatch::outcome kernel::call(const std::string& method, json::object params,
                               const std::string& account) {
  return answer(send(method, std::move(params), account));
}

parley_value kernel::value(parley_call in, const json::value& from) {
  parley_value out = 0;
  const std::string text = json::serialize(from);
  EXPECT_EQ(api<parley_value_api>(PARLEY_VALUE_INTERFACE).parse(in, dispatch::str(text), &out),
            PARLEY_OK);
  return out;
}

void kernel::finish(parley_call in, const json::value& result) {
  EXPECT_EQ(api<parley_call_api>(PARLEY_CALL_INTERFACE).finish(in, value(in, result)), PARLEY_OK);
}

void kernel::fail(parley_call in, parley_status status, const char* code) {
  parley_error why{};
  why.size = sizeof why;
  why.status = status;
  why.code = dispatch::str(code);
  api<parley_call_api>(PARLEY_CALL_INTERFACE).fail(in, &why);
}

parley_batch kernel::batch(parley_call in) {
  parley_batch out = 0;
  EXPECT_EQ(api<parley_storage_api>(PARLEY_STORAGE_INTERFACE).batch(in, &out), PARLEY_OK);
  return out;
}

void* kernel::once(then what) {
  waiting_.push_back(std::make_unique<then>(std::move(what)));
  return waiting_.back().get();
}

void kernel::done(void* user, parley_status status, parley_value result) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(),
                                  [user](const auto& one) { return one.get() == user; });
  ASSERT_NE(found, waiting_.end()) << "completed twice";
  const std::unique_ptr<then> what = std::move(*found);
  waiting_.erase(found);
  static const json::value nothing;
  const json::value* given = dispatch::value_arena::find(result);
  (*what)(status, given ? *given : nothing);
}

} // namespace parley::plugin
