#include "ctl/own_store.hpp"

#include "backup/dump.hpp"
#include "control/client.hpp"
#include "control/socket.hpp"
#include "plugin/built_in.hpp"
#include "plugin/catalogue.hpp"
#include "storage/declaration.hpp"

#include <algorithm>
#include <filesystem>
#include <future>
#include <iostream>

namespace parley::ctl {

namespace {
constexpr std::uint32_t within_ms = 30'000;
}

std::optional<config::config> configuration_of(const std::string& file) {
  std::vector<yaml::problem> problems;
  config::config out = config::load(file, problems);
  for (const auto& each : problems) std::cerr << yaml::to_string(each) << '\n';
  if (!problems.empty()) return std::nullopt;
  return out;
}

own_store::own_store(const config::config& of)
    : config_(of), loader_(services_, plugin::lua_limits{}) {
  services_.logic = &thread_.loop();
  services_.clock = &clock_;
  services_.random = &random_;
  services_.pool = &pool_;
  services_.metrics = &metrics_;
  services_.code = of.server.data / "loaded";
  thread_.start();
  on_loop([this](const std::function<void()>& then) {
    calls_ = std::make_unique<dispatch::calls>(thread_.loop(), clock_, random_);
    services_.calls = calls_.get();
    then();
  });
}

// Runs it there, and waits until it has said that it is done.
void own_store::on_loop(const std::function<void(std::function<void()> then)>& what) {
  std::promise<void> done;
  thread_.loop().post([&] { what([&done] { done.set_value(); }); });
  done.get_future().wait();
}

std::string own_store::load() {
  if (control::is_served(config_.server.data / control::file_name))
    return "a server runs with " + config_.source.file + "; stop it first";
  std::error_code failed;
  std::filesystem::create_directories(config_.server.data, failed);
  if (failed)
    return "the data directory " + config_.server.data.string() +
           " cannot be made: " + failed.message();
  std::vector<yaml::problem> problems;
  std::vector<plugin::candidate> all =
      plugin::find_plugins(config_, plugin::built_in_manifests(), problems);
  if (!problems.empty()) return yaml::to_string(problems.front());
  const auto& provides = all.front().declared.provides; // the driver is the first
  if (std::find(provides.begin(), provides.end(), "storage") == provides.end())
    return config_.source.file + " names no storage driver";
  name_ = all.front().name;
  std::string why;
  on_loop([&](const std::function<void()>& then) {
    driver_ = loader_.load(std::move(all.front()), &why);
    if (!driver_) return then();
    loader_.start(*driver_, within_ms, [&why, then](const std::string& problem) {
      why = problem;
      then();
    });
  });
  if (why.empty() && !driver_->driver) why = "the plugin " + name_ + " offers no driver";
  if (why.empty() && !backup::can_dump(driver()))
    why = name_ + " gives no dumps: it has to be newer";
  return why;
}

std::string own_store::open() {
  storage::table own;
  std::string why = storage::table::compile(0, storage::declarations_collection(), own);
  if (!why.empty()) return why;
  const parley_collection one = own.declaration();
  return backup::wait_for([&](parley_driver_rows_done done, void* user) {
    driver().open(driver().self, &one, 1, done, user);
  });
}

own_store::~own_store() {
  if (driver_ && driver_->driver)
    backup::wait_for([this](parley_driver_rows_done done, void* user) {
      driver().close(driver().self, done, user);
    });
  if (driver_)
    on_loop([this](const std::function<void()>& then) {
      loader_.retire(std::move(driver_), within_ms, then);
    });
  on_loop([this](const std::function<void()>& then) {
    calls_.reset();
    then();
  });
  thread_.stop();
}

} // namespace parley::ctl
