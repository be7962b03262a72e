// parleyctl plugin verify PATH: what a careful reviewer would try with a plugin, in the test kit.

#include "ctl/authoring.hpp"
#include "ctl/made_up.hpp"
#include "ctl/plugin_folder.hpp"
#include "parley/abi.h"
#include "parley/test/host.hpp"
#include "parley/test/storage_driver.hpp"
#include "testing/json.hpp"
#include "testing/setting.hpp"

#include <algorithm>
#include <functional>
#include <iomanip>
#include <iostream>
#include <memory>

namespace parley::ctl {

namespace fs = std::filesystem;

namespace {

constexpr int upgrades = 50;
constexpr unsigned occasions = 5; // for each fault

// A method of the plugin or of one that it requires.
struct callable {
  const manifest::method* what;
  bool own;
};

int rank(const manifest::method& of) { // what takes away comes last
  if (!of.http) return 1;
  if (of.http->verb == "GET") return 2;
  return of.http->verb == "DELETE" ? 3 : 0;
}

class verification {
 public:
  explicit verification(plugin_folder of, fs::path folder)
      : of_(std::move(of)), folder_(std::move(folder)) {}

  int run() {
    is_well_made();
    if (failed_ == 0 && stores())
      keeps_what_a_driver_must();
    else if (failed_ == 0)
      holds_in_a_server();
    std::cout << passed_ << " passed, " << failed_ << " failed\n";
    return failed_ == 0 ? 0 : 1;
  }

 private:
  void say(const std::string& what, const std::string& why, const std::string& note = {}) {
    why.empty() ? ++passed_ : ++failed_;
    std::cout << (why.empty() ? "  passed  " : "  FAILED  ") << std::left << std::setw(22) << what
              << (why.empty() ? note : why) << std::endl;
  }
  // Passed unless it throws. `body` gives a note.
  void attempt(const std::string& what, const std::function<std::string()>& body) {
    try {
      say(what, {}, body());
    } catch (const test::failure& why) {
      say(what, why.sentence());
    } catch (const std::exception& why) {
      say(what, why.what());
    }
  }

  bool stores() const {
    const auto& all = of_.declared.provides;
    return std::find(all.begin(), all.end(), "storage") != all.end();
  }

  void is_well_made() {
    for (const std::string& sentence : of_.problems) say("what lies there", sentence);
    if (!of_.problems.empty()) return;
    say("manifest", {}, of_.declared.name + " " + of_.declared.version);
    if (of_.library.empty()) return;
    std::string others;
    for (const std::string& name : of_.facts.exported)
      if (name != PARLEY_PLUGIN_ENTRY_SYMBOL && others.empty()) others = name;
    say("symbols", others.empty() ? ""
                                  : "it exports " + others +
                                        " besides its entry, which may meet one "
                                        "of another plugin; link it with the SDK's plugin.map");
    std::string stays = of_.facts.never_unloads ? "it is linked with -z nodelete" : "";
    if (!of_.facts.unique.empty())
      stays = of_.facts.unique[0] + " keeps it in memory; build it with -fno-gnu-unique";
    say("can be unloaded", stays);
  }

  test::options options() const {
    test::options out;
    out.under_test = folder_.string();
    out.config = test::from_json(made_up_config(of_.declared.config));
    return out;
  }

  // Its methods, after those of what it requires.
  std::vector<callable> callables() {
    std::vector<callable> out;
    std::vector<fs::path> where{folder_.parent_path()};
    for (const fs::path& path : test::plugins_of_the_kit()) where.push_back(path);
    for (const auto& [name, range] : of_.declared.dependencies)
      for (const fs::path& path : where) {
        if (!fs::exists(path / name / "plugin.yaml")) continue;
        others_.push_back(
            std::make_unique<plugin_folder>(read_plugin_folder(path / name / "plugin.yaml")));
        add(out, others_.back()->declared, false);
        break;
      }
    add(out, of_.declared, true);
    return out;
  }
  static void add(std::vector<callable>& out, const manifest::manifest& of, bool own) {
    std::vector<callable> here;
    for (const manifest::method& each : of.methods)
      if (each.seen_by == manifest::visibility::client) here.push_back({&each, own});
    std::stable_sort(here.begin(), here.end(), [](const callable& a, const callable& b) {
      return rank(*a.what) < rank(*b.what);
    });
    out.insert(out.end(), here.begin(), here.end());
  }

  // Calls everything once, with made-up parameters. Gives how many of its own methods gave a
  // result; throws where one of them broke and `strict` is set.
  std::size_t talk(test::host& server, const std::vector<callable>& all, bool strict) {
    const test::client alice = server.user("alice"), bob = server.user("bob");
    made_up parameters(bob.id(), server.now());
    std::size_t well = 0;
    for (const callable& each : all) {
      if (!alice.connected()) alice.reconnects();
      const auto params = parameters.of(each.what->params);
      const test::reply answer = alice.call(each.what->name, test::from_json(params));
      if (answer.went_well()) {
        parameters.learn(each.what->result, test::to_json(answer.ok()));
        well += each.own ? 1 : 0;
      } else if (strict && each.own && answer.code() == "internal") {
        throw std::runtime_error(each.what->name + " broke with " + boost::json::serialize(params));
      }
    }
    return well;
  }

  void queue_jobs(test::host& server) {
    made_up parameters(server.user("alice").id(), server.now());
    for (const manifest::job& each : of_.declared.jobs)
      server.enqueue(of_.declared.name + "." + each.name,
                     test::from_json(parameters.of(each.params)));
  }

  // Each once, with made-up parameters. Gives a note.
  std::string run_its_jobs() {
    test::host server(options());
    queue_jobs(server);
    server.run_jobs();
    const std::vector<test::value> all = server.jobs();
    const auto dead = std::count_if(all.begin(), all.end(),
                                    [](const test::value& job) { return job["state"] == "dead"; });
    server.stop();
    return std::to_string(of_.declared.jobs.size() - static_cast<std::size_t>(dead)) + " of its " +
           std::to_string(of_.declared.jobs.size()) + " jobs ended well with made-up parameters";
  }

  void holds_in_a_server() {
    const std::vector<callable> all = callables();
    const auto own = std::count_if(all.begin(), all.end(), [](const callable& c) { return c.own; });
    attempt("starts and stops", [&] {
      test::host server(options());
      server.stop();
      return "with a configuration of nothing but what it requires";
    });
    if (failed_ > 0) return;
    attempt("answers", [&] {
      test::host server(options());
      const std::size_t well = talk(server, all, true);
      server.stop();
      return std::to_string(well) + " of its " + std::to_string(own) +
             " methods gave a result for made-up parameters; none broke";
    });
    if (!of_.declared.jobs.empty()) attempt("jobs", [&] { return run_its_jobs(); });
    attempt("upgrades", [&] {
      test::host server(options());
      for (int i = 0; i < upgrades; ++i) {
        if (i % 10 == 0) talk(server, all, true);
        server.upgrade();
      }
      talk(server, all, true);
      server.stop();
      return std::to_string(upgrades) + " times, and nothing of the older ones is left in memory";
    });
    for (const test::fault& each : test::faults()) under(each, all);
  }

  void under(const test::fault& fault, const std::vector<callable>& all) {
    attempt(std::string(fault.name), [&]() -> std::string {
      unsigned happened = 0;
      for (bool more = true; more && happened < occasions; happened += more ? 1 : 0) {
        test::host server(options());
        server.inject(fault.name, happened + 1);
        talk(server, all, false);
        if (fault.name == "restart-in-job") queue_jobs(server);
        server.run_jobs();
        more = server.injected();
        server.stop();
      }
      return happened == 0 ? "there was no occasion for it"
                           : "at " + std::to_string(happened) + " occasions";
    });
  }

  void keeps_what_a_driver_must() {
    const auto make = test::storage::from_plugin(folder_.string());
    for (const test::storage::driver_case& each : test::storage::driver_cases()) {
      if (each.begins_again) continue; // a store may end with its driver
      attempt(std::string(each.name), [&] {
        test::storage::run_driver_case(each.name, make);
        return "";
      });
    }
  }

  const plugin_folder of_;
  const fs::path folder_;
  std::vector<std::unique_ptr<plugin_folder>> others_; // what callables point into
  int passed_ = 0, failed_ = 0;
};

} // namespace

int verify(const arguments& given) {
  test::on_failure_at_end([](const std::string&) {}); // `stop` is called, and has said it
  const fs::path path = fs::absolute(given[0]).lexically_normal();
  fs::path folder = fs::is_directory(path) ? path : path.parent_path();
  if (folder.filename().empty()) folder = folder.parent_path(); // a slash at the end
  return verification(read_plugin_folder(path), folder).run();
}

} // namespace parley::ctl
