#pragma once

// The interfaces of the host that this plugin was given, looked up once. Lives as long as the
// plugin. Headers of the C++ view are header-only, and each is a thin view of the C header of the
// same name; threads, ownership and errors are said there.

#include "parley/draft/ephemeral.h"
#include "parley/draft/identity.h"
#include "parley/draft/jobs.h"
#include "parley/draft/storage.h"
#include "parley/parley.h"

#include <string_view>

namespace parley {

// Borrowed text for the C side.
constexpr parley_str to_c(std::string_view text) {
  return parley_str{text.data(), text.size()};
}
// What the C side gave, as long as it says that it lives.
constexpr std::string_view from_c(parley_str text) {
  return {text.ptr, text.len};
}

// Pointers are null where the host does not have the interface; `complete` tells of the stable
// ones.
class host {
 public:
  // [init]
  explicit host(const parley_host* given)
      : raw(given),
        values(find<parley_value_api>(PARLEY_VALUE_INTERFACE)),
        calls(find<parley_call_api>(PARLEY_CALL_INTERFACE)),
        log(find<parley_log_api>(PARLEY_LOG_INTERFACE)),
        metrics(find<parley_metrics_api>(PARLEY_METRICS_INTERFACE)),
        environment(find<parley_env_api>(PARLEY_ENV_INTERFACE)),
        hooks(find<parley_hook_api>(PARLEY_HOOK_INTERFACE)),
        offloads(find<parley_offload_api>(PARLEY_OFFLOAD_INTERFACE)),
        configuration(find<parley_config_api>(PARLEY_CONFIG_INTERFACE)),
        topics(find<parley_topic_api>(PARLEY_TOPIC_INTERFACE)),
        store(find<parley_storage_api>(PARLEY_STORAGE_INTERFACE)),
        memory(find<parley_ephemeral_api>(PARLEY_EPHEMERAL_INTERFACE)),
        jobs(find<parley_jobs_api>(PARLEY_JOBS_INTERFACE)),
        accounts(find<parley_identity_api>(PARLEY_IDENTITY_INTERFACE)) {}

  bool complete() const { return values && calls && log && environment && configuration; }

  // [any-thread] One line of the log that belongs to no call.
  void write_log(int32_t level, std::string_view text) const {
    log->write(raw, 0, level, to_c(text));
  }

  const parley_host* raw;
  const parley_value_api* values;
  const parley_call_api* calls;
  const parley_log_api* log;
  const parley_metrics_api* metrics; // null on hosts that are older
  const parley_env_api* environment;
  const parley_hook_api* hooks;
  const parley_offload_api* offloads;
  const parley_config_api* configuration;
  const parley_topic_api* topics;
  const parley_storage_api* store;     // draft
  const parley_ephemeral_api* memory;  // draft
  const parley_jobs_api* jobs;         // draft
  const parley_identity_api* accounts; // draft; null without the capability `identity`

 private:
  template <class Api>
  const Api* find(const char* name) const {
    return static_cast<const Api*>(raw->query(raw, name, static_cast<uint32_t>(sizeof(Api))));
  }
};

} // namespace parley
