#pragma once

// An engine over a driver's plugin in this process, on a loop of its own: the one that is linked
// in, SQLite, PostgreSQL or that in memory. The plugin is entered as the server enters it: by its
// one symbol, with a host that knows just enough.

#include "env/real_loop.hpp"
#include "storage/engine.hpp"

#include "parley/call.h"
#include "parley/config.h"
#include "parley/env.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <thread>

extern "C" parley_status parley_plugin_entry_v1(const parley_host* host, parley_plugin* out);

namespace parley::storage {

class small_host {
 public:
  // `path` names the store: a file, or a schema of the database that PARLEY_POSTGRES leads to.
  explicit small_host(std::string path) : path_(std::move(path)) {
    schema_ = "engine_" + std::to_string(std::hash<std::string>{}(path_));
    if (const char* folder = std::getenv("PARLEY_POSTGRES")) {
      std::ifstream file(std::filesystem::path(folder) / "url");
      std::getline(file, url_);
    }
    base_.size = sizeof(parley_host);
    base_.abi_version = PARLEY_ABI_VERSION;
    base_.query = query;
    plugin_.size = sizeof plugin_;
    EXPECT_EQ(parley_plugin_entry_v1(&base_, &plugin_), PARLEY_OK);
  }
  ~small_host() { plugin_.destroy(plugin_.self); }
  small_host(const small_host&) = delete;
  small_host& operator=(const small_host&) = delete;

  const parley_storage_driver& driver() const { return *offered_; }
  // For a driver that asks for timers.
  inline static env::loop* loop = nullptr;

 private:
  static small_host& of(const parley_host* host) {
    return *const_cast<small_host*>(reinterpret_cast<const small_host*>(host));
  }
  static parley_status offer(const parley_host* host, const parley_storage_driver* driver) {
    of(host).offered_ = driver;
    return PARLEY_OK;
  }
  static parley_status read_config(const parley_host* host, parley_value* out) {
    asking_ = &of(host);
    *out = 1;
    return PARLEY_OK;
  }
  static parley_status fields(parley_value, const parley_str* names, std::uint32_t count,
                              parley_slot* out) {
    const std::map<std::string_view, const std::string*> known = {
        {"path", &asking_->path_}, {"url", &asking_->url_}, {"schema", &asking_->schema_}};
    for (std::uint32_t i = 0; i < count; ++i) {
      out[i].kind = PARLEY_ABSENT;
      const auto found = known.find(std::string_view(names[i].ptr, names[i].len));
      if (found == known.end()) continue;
      out[i].kind = PARLEY_STRING;
      out[i].as.text = {found->second->data(), found->second->size()};
    }
    return PARLEY_OK;
  }
  static const void* query(const parley_host*, const char* name, std::uint32_t) {
    static const parley_config_api config{sizeof(parley_config_api), read_config};
    static const parley_value_api values = [] {
      parley_value_api out{};
      out.size = sizeof out;
      out.fields = fields;
      return out;
    }();
    static const parley_storage_driver_api storage{sizeof(parley_storage_driver_api), offer};
    static const parley_env_api timers = [] {
      parley_env_api out{};
      out.size = sizeof out;
      out.after = [](const parley_host*, std::uint32_t, void (*fire)(void*), void* user,
                     parley_timer*) {
        loop->post([fire, user] { fire(user); });
        return parley_status{PARLEY_OK};
      };
      return out;
    }();
    const std::string_view wanted = name;
    if (wanted == PARLEY_CONFIG_INTERFACE) return &config;
    if (wanted == PARLEY_VALUE_INTERFACE) return &values;
    if (wanted == PARLEY_STORAGE_DRIVER_INTERFACE) return &storage;
    if (wanted == PARLEY_ENV_INTERFACE) return &timers;
    return nullptr;
  }

  inline static small_host* asking_ = nullptr;
  parley_host base_{}; // first: the plugin hands back a pointer to it
  std::string path_, schema_, url_;
  parley_plugin plugin_{};
  const parley_storage_driver* offered_ = nullptr;
};

class engine_fixture : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "parley-engine-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    place_ = pattern;
    loop_ = std::make_unique<env::real_loop>();
    thread_ = std::thread([this] { loop_->run(); });
    start();
  }
  void TearDown() override {
    stop();
    loop_->stop();
    thread_.join();
    std::filesystem::remove_all(place_);
  }
  void start() {
    small_host::loop = loop_.get();
    host_ = std::make_unique<small_host>(place_ + "/parley.db");
    on_loop([&] { engine_ = make_engine(*loop_, driver(), bounds_, seals()); });
  }
  virtual const parley_storage_driver& driver() { return host_->driver(); }
  virtual std::optional<sealing> seals() { return std::nullopt; }
  void stop() {
    if (engine_) {
      wait_for<failure>([&](auto done) { engine_->close(done); });
      on_loop([&] { engine_.reset(); });
    }
    host_.reset();
  }

  // Runs on the loop and waits until it has.
  void on_loop(const std::function<void()>& work) {
    std::promise<void> ran;
    loop_->post([&] {
      work();
      ran.set_value();
    });
    ran.get_future().wait();
  }
  // Begins on the loop and waits for the first argument of the completion, which must come on the
  // loop, and later.
  template <typename Result>
  Result wait_for(const std::function<void(std::function<void(Result)>)>& begin) {
    std::promise<Result> promise;
    loop_->post([&] {
      auto inside = std::make_shared<bool>(true);
      begin([&promise, this, inside](Result result) {
        EXPECT_TRUE(loop_->in_this_thread());
        EXPECT_FALSE(*inside) << "completed from inside the call";
        promise.set_value(std::move(result));
      });
      *inside = false;
    });
    return promise.get_future().get();
  }

  commit_result commit(const std::function<void(batch&)>& fill) {
    return wait_for<commit_result>([&](auto done) {
      auto what = engine_->begin();
      fill(*what);
      engine_->commit(std::move(what), done);
    });
  }

  limits bounds_;
  std::string place_;
  std::unique_ptr<env::real_loop> loop_;
  std::thread thread_;
  std::unique_ptr<small_host> host_;
  std::unique_ptr<engine> engine_;
};

} // namespace parley::storage
