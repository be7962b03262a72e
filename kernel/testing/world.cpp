#include "testing/world.hpp"

#include "observe/log.hpp"
#include "testing/json.hpp"
#include "testing/played.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace parley::test {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds longest_wait{70}; // longer than any method's deadline
constexpr std::chrono::hours clock_jump{1};
constexpr std::chrono::hours longest_jobs{24};
constexpr std::int64_t soon_ms = 60 * 60 * 1000;
constexpr std::uint32_t most_jobs = 1000;

std::uint64_t seed_of(const options& with) {
  if (with.seed != 0) return with.seed;
  const char* written = std::getenv("PARLEY_SEED");
  const std::uint64_t read = written ? std::strtoull(written, nullptr, 10) : 0;
  return read != 0 ? read : 1;
}

bool is_bad(const std::string& line) {
  return line.find("\"level\":\"error\"") != std::string::npos ||
         line.find("\"level\":\"warn\"") != std::string::npos;
}

world*& current() {
  static world* one = nullptr;
  return one;
}

// The kernel keeps its log and its identity once a process.
void only_one(world* self, const place& where) {
  if (current())
    throw failure("there is another host already",
                  where.text() + ": there is another host already: one at a time in a process");
  current() = self;
}

} // namespace

world::world(const options& wanted, const place& where)
    : with(wanted),
      seed(seed_of(wanted)),
      on(seed),
      said(seed),
      clients(on, said),
      setting_(with),
      store_(on, faults) {
  only_one(this, where);
  observe::start_log(
      {observe::level::debug, observe::format::json, &on.clock, [this](std::string_view line) {
         log.emplace_back(line);
         if (is_bad(log.back())) said.add("log: " + log.back());
       }});
  on.pool.full = [this] { return faults.now("offload-full"); };
  store_.on_lost_answer = [this] { clients.expect_gaps(); };
  store_.on_operation = [this] { on_store_operation(); };
  std::string why = store_.load(setting_.plugins().front(), setting_.folder() / "driver");
  if (why.empty()) {
    try {
      start();
      return;
    } catch (const failure& failed) {
      why = failed.sentence();
    }
  }
  observe::stop_log();
  current() = nullptr;
  fail("the server does not start: " + why, where);
}

world& world::now() {
  return *current();
}

world::~world() {
  if (node_) end();
  if (current() != this) return;
  observe::stop_log();
  current() = nullptr;
}

// ---- the server

void world::start() {
  metrics_ = std::make_unique<observe::metrics>();
  node_ = std::make_unique<node>(
      setting_.config(), setting_.plugins(),
      node::surroundings{on.loop, on.clock, on.random, on.pool, *metrics_},
      node::outside{[this](dispatch::entry& to) -> dispatch::clients& {
                      clients.serve(&to, this);
                      return clients;
                    },
                    [this](std::shared_ptr<const dispatch::registry> current) {
                      clients.set_registry(std::move(current));
                    }});
  node_->add_built_in(
      setting_.plugins().front().name, [this](const parley_host* host, parley_plugin*) {
        const auto* api = static_cast<const parley_storage_driver_api*>(
            host->query(host, PARLEY_STORAGE_DRIVER_INTERFACE, sizeof(parley_storage_driver_api)));
        return api->offer(host, &store_.face());
      });
  const auto wrong = [this](const std::string& what) { wrong_.push_back(what); };
  for (const stand_in& each : with.stand_ins) {
    std::vector<yaml::problem> read_before;
    const auto source = yaml::parse(each.manifest, "", read_before);
    node_->add_built_in(std::string(source.root.at("plugin").as_string()), play(each, wrong));
  }
  node_->add_built_in(kit_plugin, play(kit_, wrong));

  auto over = std::make_shared<std::optional<std::string>>();
  node_->start([over](const std::string& why) { *over = why; });
  wait([&] { return over->has_value(); });
  if (over->has_value() && over->value().empty()) {
    node_->dispatch().all_jobs().on_run = [this] {
      if (faults.now("restart-in-job")) cut_power();
    };
    return;
  }
  const std::string why = *over ? **over : "it does not come to an end";
  stop_node();
  throw failure(why, why);
}

std::string world::stop_node() {
  auto over = std::make_shared<bool>(false);
  node_->stop([over] { *over = true; });
  const bool well = wait([&] { return *over; });
  std::string found;
  for (const std::string& each : node_->loader().pinned())
    found += "a plugin stays in memory: " + each + "\n";
  if (!well || node_->hangs()) found += "the server does not stop\n";
  clients.serve(nullptr, this);
  clients.set_registry(nullptr);
  node_.reset();
  on.loop.clear();
  return found;
}

void world::restart() {
  said.add("the power goes; the server starts again");
  break_connections();
  store_.cut();
  stop_node();
  setting_.read();
  start();
  all_come_back();
}

std::string world::upgrade(const std::string& folder) {
  const std::string name = folder.empty() ? setting_.under_test() : name_of_plugin(folder);
  const std::filesystem::path before = folder.empty() ? "" : setting_.put(name, folder);
  auto over = std::make_shared<std::optional<std::string>>();
  node_->reload(name, [over](const std::string& why) { *over = why; });
  if (!wait([&] { return over->has_value(); })) *over = "it does not come to an end";
  if (!(*over)->empty() && !before.empty()) setting_.put(name, before);
  said.add((*over)->empty() ? name + " is upgraded" : name + " is not upgraded: " + **over);
  return **over;
}

parley::plugin::loaded_plugin* world::find(std::string_view plugin) const {
  for (const auto& each : node_->plugins().plugins())
    if (each->name == plugin) return each.get();
  return nullptr;
}

// ---- time

void world::run() {
  while (true) {
    on.loop.run_until_idle();
    if (!std::exchange(power_cut_, false)) return;
    restart();
  }
}

bool world::wait(const std::function<bool()>& over) {
  const std::int64_t until = on.clock.steady_ns() + std::chrono::nanoseconds(longest_wait).count();
  while (true) {
    run();
    if (over()) return true;
    const auto due = on.loop.next_due();
    if (!due || on.clock.steady_ns() + std::chrono::nanoseconds(*due).count() > until) return false;
    on.loop.advance(*due);
  }
}

void world::advance(std::chrono::milliseconds by) {
  said.add("— " + std::to_string(by.count()) + " ms later —");
  const std::int64_t until = on.clock.steady_ns() + std::chrono::nanoseconds(by).count();
  run();
  while (on.clock.steady_ns() < until) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::nanoseconds(until - on.clock.steady_ns()));
    on.loop.advance(std::min(left, on.loop.next_due().value_or(left)));
    run();
  }
}

// ---- jobs

std::vector<dispatch::job_record> world::read_jobs(bool dead) {
  struct reading {
    bool over = false;
    std::vector<dispatch::job_record> found;
  };
  const auto r = std::make_shared<reading>();
  node_->dispatch().orders_about_jobs().list(
      dead, {}, most_jobs,
      [r](const std::string& why, std::vector<dispatch::job_record> found, bool) {
        if (!why.empty()) throw std::runtime_error(why);
        r->found = std::move(found);
        r->over = true;
      });
  wait([&] { return r->over; });
  return std::move(r->found);
}

std::vector<value> world::jobs() {
  std::vector<value> out;
  for (const bool dead : {false, true})
    for (const auto& each : read_jobs(dead))
      out.push_back(from_json(dispatch::shown(each, on.clock.unix_ms())));
  return out;
}

void world::run_jobs(const place& where) {
  const std::int64_t until = on.clock.steady_ns() + std::chrono::nanoseconds(longest_jobs).count();
  while (true) {
    const std::int64_t soon = on.clock.unix_ms() + soon_ms;
    const auto left = read_jobs(false);
    const auto waits = std::find_if(left.begin(), left.end(), [&](const auto& job) {
      return job.cron.empty() && job.due_ms <= soon;
    });
    if (waits == left.end()) return;
    if (on.clock.steady_ns() > until)
      fail("the job " + waits->name + " comes to no end in a day", where);
    // One that runs may end before its lease does.
    const std::int64_t step = waits->node.empty() ? waits->due_ms - on.clock.unix_ms() : 1000;
    advance(std::chrono::milliseconds(std::max<std::int64_t>(step, 1)));
  }
}

void world::enqueue(std::string_view job, const value& params, const place& where) {
  const std::size_t dot = job.find('.');
  auto* plugin = find(job.substr(0, dot));
  if (!plugin || dot == std::string_view::npos)
    fail("no plugin has the job `" + std::string(job) + "`; it is named PLUGIN.JOB", where);
  dispatch::calls& calls = *node_->services().calls;
  dispatch::batches& batches = node_->dispatch().all_batches();
  const parley_call handle = calls.begin(*plugin, plugin->self, nullptr, 10'000, nullptr).handle;
  const json::value given = params.is_null() ? json::value(json::object()) : to_json(params);
  parley_batch batch = 0;
  parley_status status = batches.open(*dispatch::calls::find(handle), &batch);
  if (status == PARLEY_OK) status = batches.enqueue(batch, job.substr(dot + 1), &given, 0, {});
  if (status == PARLEY_OK) {
    std::optional<parley_status> ended;
    const auto done = [](void* user, parley_status how, parley_value) {
      static_cast<std::optional<parley_status>*>(user)->emplace(how);
    };
    status = batches.commit(batch, nullptr, done, &ended);
    wait([&] { return ended.has_value(); });
    status = ended.value_or(PARLEY_E_DEADLINE);
  }
  calls.finish(handle, nullptr);
  if (status != PARLEY_OK)
    fail("the job `" + std::string(job) + "` was not queued (status " + std::to_string(status) +
             "); the log says more",
         where);
}

// ---- faults

void world::inject(std::string_view fault, unsigned nth, const place& where) {
  const auto& all = test::faults();
  if (std::none_of(all.begin(), all.end(), [&](const auto& f) { return f.name == fault; })) {
    std::string known;
    for (const auto& each : all) known += (known.empty() ? "" : ", ") + std::string(each.name);
    fail("there is no fault `" + std::string(fault) + "`; there are " + known, where);
  }
  if (fault.starts_with("hook-")) step_into_hooks();
  faults.arm(fault, nth);
  said.add("the fault " + std::string(fault) + " is to happen");
}

void world::step_into_hooks() {
  for (const std::string& hook : setting_.put_kit(true))
    kit_.does["hook " + hook] = [this](const value&) {
      if (faults.now("hook-fails")) return said::failure();
      if (faults.now("hook-stuck")) return said::silence();
      return said::nothing();
    };
  auto over = std::make_shared<bool>(false);
  node_->reload(kit_plugin, [over, this](const std::string& why) {
    if (!why.empty()) wrong_.push_back("the kit cannot step into the hooks: " + why);
    *over = true;
  });
  wait([&] { return *over; });
}

void world::on_store_operation() {
  if (faults.now("calls-cancelled")) {
    std::vector<parley_call> all;
    dispatch::calls::each([&](const dispatch::call& c) {
      if (c.work && c.work->connection != 0) all.push_back(c.handle);
    });
    for (const parley_call each : all) node_->services().calls->abort(each, PARLEY_E_CANCELLED);
  }
  if (faults.now("upgrade") && !setting_.under_test().empty())
    node_->reload(setting_.under_test(), [this](const std::string& why) {
      if (!why.empty()) wrong_.push_back("the upgrade did not go well: " + why);
    });
  if (faults.now("clients-gone")) {
    break_connections();
    for (device* each : std::exchange(coming_back_, {})) come_in(*each);
  }
  if (faults.now("clock-forward")) on.clock.jump(clock_jump);
  if (faults.now("clock-back")) on.clock.jump(-clock_jump);
  if (faults.now("restart")) cut_power();
}

void world::cut_power() {
  store_.cut();
  power_cut_ = true;
}

void world::break_connections() {
  for (const auto& each : clients.all()) {
    if (each->connection == 0) continue;
    coming_back_.push_back(each.get());
    clients.disconnect(*each);
  }
}

// ---- the end

std::string world::end() {
  std::vector<std::string> found;
  const auto unanswered = [&] {
    return std::any_of(answers_.begin(), answers_.end(), [](const auto& a) { return !a->ended; });
  };
  wait([&] { return !unanswered(); });
  look_for_leftovers(found);
  faults.pause(true);
  store_.let_go();
  for (const auto& each : clients.all()) clients.disconnect(*each);
  run();
  std::string out;
  for (const std::string& each : found) out += each + "\n";
  out += stop_node();
  answers_.clear();
  if (!out.empty()) out.pop_back();
  return out;
}

void world::look_for_leftovers(std::vector<std::string>& found) const {
  for (const std::string& each : clients.breaches()) found.push_back(each);
  for (const std::string& each : wrong_) found.push_back(each);
  for (const auto& each : answers_) {
    const std::string what =
        each->who + "'s call of " + each->method + " (" + each->where.text() + ")";
    if (!each->ended)
      found.push_back(what + " was never answered");
    else if (!each->looked_at && each.use_count() == 1)
      found.push_back(what + " failed with " + each->error->code +
                      ", and the test did not look at it");
  }
  const auto played = [&](const std::string& name) {
    return name == kit_plugin ||
           std::any_of(with.stand_ins.begin(), with.stand_ins.end(), [&](const stand_in& s) {
             return s.manifest.find("plugin: " + name) != std::string::npos;
           });
  };
  bool waits = store_.waiting() > 0;
  for (const auto& p : node_->plugins().plugins())
    waits = waits || (p->calls > 0 && (played(p->name) || !p->timers.empty() || p->offloaded > 0));
  for (const auto& p : node_->plugins().plugins())
    if (!waits && p->calls > 0)
      found.push_back("the plugin " + p->name + " holds " + std::to_string(p->calls) +
                      " calls that nothing but their deadline will end");
}

void world::complain(const place& where) {
  std::string what;
  std::erase_if(answers_, [&](const std::shared_ptr<answer>& each) {
    if (!each->ended || each.use_count() > 1) return false;
    if (!each->looked_at && what.empty())
      what = each->who + "'s call of " + each->method + " (" + each->where.text() +
             ") failed with " + each->error->code + " (" + each->error->message +
             "), and the test did not look at it";
    return true;
  });
  if (!what.empty()) fail(what, where);
}

double world::metric(std::string_view sample) const {
  std::istringstream lines(metrics_->text());
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(sample) && line.size() > sample.size() && line[sample.size()] == ' ')
      return std::strtod(line.c_str() + sample.size(), nullptr);
  return 0;
}

} // namespace parley::test
