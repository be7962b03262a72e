#include "fake_table.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace parley::lua::testing {

fake_host* fake_host::table::current = nullptr;

struct fake_host::call_table : table {
  static parley_status provide(const parley_host* host, std::int32_t kind, parley_str name,
                               parley_handler function, void* user) {
    self(host).handlers_[{kind, text_of(name)}] = {function, user};
    return PARLEY_OK;
  }
  static parley_status info(parley_call call, parley_call_info* out) {
    if (self().live(call) == nullptr) return PARLEY_E_STALE;
    out->principal_kind = PARLEY_USER;
    out->principal = {self().principal.data(), self().principal.size()};
    out->session = out->remote = {"", 0};
    out->request_id = {"r-1", 3};
    out->deadline_ms = self().now_ms_ + 10'000;
    out->batch = 77;
    out->depth = 1;
    out->readable_from = self().readable_from;
    return PARLEY_OK;
  }
  static parley_status finish(parley_call call, parley_value result) {
    ending how;
    how.replaced = result != 0;
    if (result != 0) {
      const json::value* const v = find(result);
      if (v == nullptr) return PARLEY_E_INVALID;
      how.result = *v;
    }
    return self().close(call, std::move(how));
  }
  static parley_status fail(parley_call call, const parley_error* e) {
    ending how;
    how.status = e->status;
    how.code = text_of(e->code);
    how.message = text_of(e->message);
    how.field = text_of(e->field);
    return self().close(call, std::move(how));
  }
  static parley_status invoke(parley_call call, parley_str method, parley_value params,
                              parley_done done, void* user) {
    fake_host& h = self();
    const call_data* const data = h.live(call);
    if (data == nullptr) return PARLEY_E_STALE;
    const auto found = h.methods.find(text_of(method));
    if (found == h.methods.end()) return PARLEY_E_NOT_FOUND;
    const json::value input = params == 0 ? json::value() : *find(params);
    h.invoked.push_back({text_of(method), input, data->as_bot});
    return h.later(call, done, user, [work = found->second, input] { return work(input); });
  }
  static parley_status begin(const parley_host* host, std::int32_t as_bot, std::uint32_t,
                             parley_call* out) {
    if (as_bot != 0 && !self(host).grants_bot) return PARLEY_E_FORBIDDEN;
    *out = self(host).open_call(as_bot != 0);
    return PARLEY_OK;
  }
  static parley_status cancel(parley_call) { return PARLEY_OK; }
  static std::int32_t available(const parley_host*, parley_str name) {
    return std::string_view(name.ptr, name.len) == "messaging";
  }

  static void log(const parley_host* host, parley_call, std::int32_t level, parley_str text) {
    self(host).logged.push_back({level, text_of(text)});
  }

  static std::int64_t now_ms(const parley_host* host) { return self(host).now_ms_; }
  static parley_status random(const parley_host*, void* out, std::size_t length) {
    std::memset(out, 7, length);
    return PARLEY_OK;
  }
  static parley_status id(const parley_host* host, char out[36]) {
    char text[40];
    std::snprintf(text, sizeof text, "01920000-0000-7000-8000-%012llu",
                  static_cast<unsigned long long>(self(host).next_++));
    std::memcpy(out, text, 36);
    return PARLEY_OK;
  }
  static parley_status after(const parley_host* host, std::uint32_t delay, void (*fire)(void*),
                             void* user, parley_timer* out) {
    *out = self(host).next_++;
    self(host).timers_[*out] = {self(host).now_ms_ + delay, fire, user};
    return PARLEY_OK;
  }
  static parley_status cancel_timer(const parley_host* host, parley_timer timer) {
    return self(host).timers_.erase(timer) != 0 ? PARLEY_OK : PARLEY_E_STALE;
  }
  static parley_status config(const parley_host* host, parley_value* out) {
    *out = self(host).keep(0, self(host).config);
    return PARLEY_OK;
  }
  static parley_status publish_now(parley_call call, parley_str event, parley_str place,
                                   parley_value data) {
    if (self().live(call) == nullptr) return PARLEY_E_STALE;
    self().published.push_back(text_of(event) + " " + text_of(place) + " " +
                               json::serialize(*find(data)));
    return PARLEY_OK;
  }

  static parley_status declare(const parley_host* host, const parley_metric_spec* spec,
                               parley_metric* out) {
    std::string name = text_of(spec->name);
    if (name == "refused") return PARLEY_E_LIMIT;
    for (std::uint32_t i = 0; i < spec->label_count; ++i)
      name += " " + text_of(spec->label_names[i]) + "=" + text_of(spec->label_values[i]);
    auto& names = self(host).metric_names_;
    const auto known = std::find(names.begin(), names.end(), name);
    *out = static_cast<parley_metric>(known - names.begin()) + 1;
    if (known == names.end()) names.push_back(name);
    return PARLEY_OK;
  }
  static parley_status add(const parley_host* host, parley_metric metric, std::int64_t by) {
    self(host).metrics[self(host).metric_names_[metric - 1]] += static_cast<double>(by);
    return PARLEY_OK;
  }
  static parley_status set(const parley_host* host, parley_metric metric, std::int64_t to) {
    self(host).metrics[self(host).metric_names_[metric - 1]] = static_cast<double>(to);
    return PARLEY_OK;
  }
  static parley_status record(const parley_host* host, parley_metric metric, double value) {
    self(host).metrics[self(host).metric_names_[metric - 1]] += value;
    return PARLEY_OK;
  }
  static const void* query(const parley_host*, const char* name, std::uint32_t min_size) {
    static const parley_call_api call_api{sizeof call_api, provide, info,   finish,   fail,
                                          invoke,          begin,   cancel, available};
    static const parley_log_api log_api{sizeof log_api, log};
    static const parley_env_api env_api{sizeof env_api, now_ms, random, id, after, cancel_timer};
    static const parley_config_api config_api{sizeof config_api, config};
    static const parley_metrics_api metrics_api{sizeof metrics_api, declare, add, set, record};
    static const parley_topic_api topic_api{sizeof topic_api, publish_now};
    const auto is = [name](const char* other) { return std::strcmp(name, other) == 0; };
    const void* const api = is(PARLEY_CALL_INTERFACE)      ? static_cast<const void*>(&call_api)
                            : is(PARLEY_VALUE_INTERFACE)   ? value_api()
                            : is(PARLEY_LOG_INTERFACE)     ? static_cast<const void*>(&log_api)
                            : is(PARLEY_ENV_INTERFACE)     ? static_cast<const void*>(&env_api)
                            : is(PARLEY_CONFIG_INTERFACE)  ? static_cast<const void*>(&config_api)
                            : is(PARLEY_METRICS_INTERFACE) ? static_cast<const void*>(&metrics_api)
                            : is(PARLEY_TOPIC_INTERFACE)   ? static_cast<const void*>(&topic_api)
                            : is(PARLEY_STORAGE_INTERFACE) ? storage_api()
                            : is(PARLEY_EPHEMERAL_INTERFACE) ? ephemeral_api()
                                                             : nullptr;
    if (api == nullptr || *static_cast<const std::uint32_t*>(api) < min_size) return nullptr;
    return api;
  }
};

fake_host::fake_host() {
  host_.size = sizeof(parley_host);
  host_.abi_version = PARLEY_ABI_VERSION;
  host_.query = &call_table::query;
  host_.self = this;
  declared.name = "sample";
  declared.language = manifest::runtime::lua;
  table::current = this;
}

fake_host::~fake_host() {
  unload();
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
  if (table::current == this) table::current = nullptr;
}

parley_status fake_host::load(const std::map<std::string, std::string>& files) {
  std::string name = (std::filesystem::temp_directory_path() / "parley-lua-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  for (const auto& [path, text] : files) {
    const std::filesystem::path file = std::filesystem::path(folder_) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  return load_folder(folder_);
}

parley_status fake_host::load_folder(const std::string& folder) {
  table::current = this;
  plugin_ = {};
  plugin_.size = sizeof plugin_;
  const parley_status status = lua::load(&host_, declared, folder, bounds, &plugin_, &why);
  loaded_ = status == PARLEY_OK;
  return status;
}

void fake_host::unload() {
  table::current = this;
  if (!loaded_) return;
  loaded_ = false;
  plugin_.stop(plugin_.self, open_call(false));
  run();
  plugin_.destroy(plugin_.self);
}

parley_value fake_host::keep(parley_call call, json::value data) {
  const parley_value handle = next_++;
  values_.emplace(handle, value_data{std::move(data), call});
  if (call != 0) calls_[call].values.push_back(handle);
  return handle;
}

parley_call fake_host::open_call(bool as_bot) {
  const parley_call handle = next_++;
  calls_[handle].as_bot = as_bot;
  return handle;
}

fake_host::call_data* fake_host::live(parley_call call) {
  const auto found = calls_.find(call);
  return found == calls_.end() || found->second.closed ? nullptr : &found->second;
}

parley_status fake_host::close(parley_call call, ending how) {
  call_data* const data = live(call);
  if (data == nullptr) {
    ++ended_twice;
    return PARLEY_E_STALE;
  }
  data->closed = true;
  data->end = std::move(how);
  for (const parley_value v : data->values) values_.erase(v);
  data->values.clear();
  std::erase_if(batches_, [call](const auto& b) { return b.second.call == call; });
  return PARLEY_OK;
}

parley_status fake_host::later(parley_call call, parley_done done, void* user,
                               std::function<ending()> work) {
  outstanding_.push_back([this, call, done, user, work = std::move(work)] {
    const ending how = work();
    parley_value result = 0;
    if (how.status == PARLEY_OK) {
      result = keep(call, how.result);
    } else {
      result = keep(call, json::object{{"code", how.code}, {"message", how.message}});
    }
    done(user, how.status, result);
  });
  return PARLEY_OK;
}

json::array fake_host::key_of(const std::string& collection, const json::object& record) const {
  json::array key;
  for (const auto& c : declared.collections) {
    if (c.name != collection) continue;
    for (const auto& field : c.key) key.push_back(record.at(field));
  }
  return key;
}

parley_call fake_host::enter(std::int32_t kind, const std::string& name, const json::value& input) {
  table::current = this;
  const provided_handler handler = handlers_.at({kind, name});
  const parley_call call = open_call(false);
  handler.function(handler.user, call, keep(call, input));
  return call;
}

const std::optional<ending>& fake_host::ended(parley_call call) {
  return calls_.at(call).end;
}

void fake_host::forget(parley_call call) {
  calls_.erase(call);
}

std::optional<ending> fake_host::call(std::int32_t kind, const std::string& name,
                                      const json::value& input) {
  const parley_call handle = enter(kind, name, input);
  run();
  return ended(handle);
}

std::optional<ending> fake_host::method(const std::string& name, const json::value& params) {
  return call(PARLEY_METHOD, name, params);
}

std::optional<ending> fake_host::hook(const std::string& name, const json::value& payload) {
  return call(PARLEY_HOOK, name, payload);
}

std::optional<ending> fake_host::start() {
  table::current = this;
  const parley_call handle = open_call(false);
  plugin_.start(plugin_.self, handle);
  run();
  return ended(handle);
}

void fake_host::run() {
  table::current = this;
  while (!outstanding_.empty()) {
    const auto next = std::move(outstanding_.front());
    outstanding_.pop_front();
    next();
  }
}

void fake_host::advance(std::int64_t ms) {
  table::current = this;
  now_ms_ += ms;
  while (true) {
    const auto due = std::find_if(timers_.begin(), timers_.end(),
                                  [this](const auto& t) { return t.second.at <= now_ms_; });
    if (due == timers_.end()) break;
    const timer_data t = due->second;
    timers_.erase(due);
    t.fire(t.user);
  }
  run();
}

std::size_t fake_host::open_calls() const {
  return static_cast<std::size_t>(
      std::count_if(calls_.begin(), calls_.end(), [](const auto& c) { return !c.second.closed; }));
}

bool fake_host::has_logged(const std::string& part) const {
  return std::any_of(logged.begin(), logged.end(), [&](const log_line& line) {
    return line.text.find(part) != std::string::npos;
  });
}

} // namespace parley::lua::testing
