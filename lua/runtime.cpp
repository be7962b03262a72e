#include "runtime.hpp"

#include "vm.hpp"

#include <parley/draft/http_route.h>

namespace parley::lua {
namespace {

template <class Api>
bool query(const parley_host* host, const char* name, const Api** out, std::string* why) {
  *out = static_cast<const Api*>(host->query(host, name, sizeof(Api)));
  if (*out == nullptr && why != nullptr) *why = std::string("the host does not have ") + name;
  return *out != nullptr;
}

bool query_all(const parley_host* host, host_api* api, std::string* why) {
  api->host = host;
  query(host, PARLEY_STORAGE_INTERFACE, &api->storage, nullptr);
  query(host, PARLEY_EPHEMERAL_INTERFACE, &api->memory, nullptr);
  query(host, PARLEY_JOBS_INTERFACE, &api->jobs, nullptr);
  query(host, PARLEY_METRICS_INTERFACE, &api->metrics, nullptr);
  query(host, PARLEY_TOPIC_INTERFACE, &api->topic, nullptr);
  return query(host, PARLEY_CALL_INTERFACE, &api->call, why) &&
         query(host, PARLEY_VALUE_INTERFACE, &api->value, why) &&
         query(host, PARLEY_LOG_INTERFACE, &api->log, why) &&
         query(host, PARLEY_ENV_INTERFACE, &api->env, why) &&
         query(host, PARLEY_CONFIG_INTERFACE, &api->config, why);
}

void handle(void* user, parley_call call, parley_value input) {
  const auto& p = *static_cast<handler*>(user);
  p.owner->enter(p, call, input);
}

entry_kind kind_of(manifest::hook_kind kind) {
  switch (kind) {
    case manifest::hook_kind::filter:
      return entry_kind::filter;
    case manifest::hook_kind::join:
      return entry_kind::join;
    case manifest::hook_kind::observe:
      break;
  }
  return entry_kind::observe;
}

// Provides one declared name with the function that init.lua set for it.
class provider {
 public:
  provider(vm& v, std::string* why) : v_(v), why_(why) {}

  bool operator()(std::int32_t abi_kind, entry_kind kind, const std::string& name,
                  const std::map<std::string, int>& functions, const std::string& how) {
    const auto found = functions.find(name);
    if (found == functions.end()) {
      complain(v_.declared.name + "/init.lua: plugin.yaml declares " + name +
               ", and nothing handles it; write " + how);
      return false;
    }
    auto made = std::make_unique<handler>(handler{kind, name, found->second, &v_});
    const parley_status status =
        v_.api.call->provide(v_.api.host, abi_kind, to_str(made->name), &handle, made.get());
    v_.provided.push_back(std::move(made));
    if (status != PARLEY_OK) {
      complain(v_.declared.name + ": " + name + " was refused by the host");
    }
    return status == PARLEY_OK;
  }

 private:
  void complain(const std::string& line) {
    if (!why_->empty()) *why_ += '\n';
    *why_ += line;
  }

  vm& v_;
  std::string* why_;
};

bool provide_all(vm& v, std::string* why) {
  provider provide(v, why);
  bool well = true;
  for (const auto& m : v.declared.methods) {
    well &= provide(PARLEY_METHOD, entry_kind::method, m.name, v.methods,
                    "function plugin.methods." + m.name + "(call, params)");
  }
  for (const auto& r : v.declared.routes) {
    well &= provide(PARLEY_ROUTE, entry_kind::route, r.name, v.routes,
                    "function plugin.routes." + r.name + "(call, request)");
  }
  for (const auto& j : v.declared.jobs) {
    well &= provide(PARLEY_JOB, entry_kind::job, j.name, v.jobs,
                    "function plugin.jobs." + j.name + "(call, params)");
  }
  for (const auto& h : v.declared.hooks) {
    const char* const arguments =
        h.kind == manifest::hook_kind::join ? "(call, payload, batch)" : "(call, payload)";
    well &= provide(PARLEY_HOOK, kind_of(h.kind), h.name, v.hooks,
                    "function plugin.hooks." + h.name + arguments);
  }
  for (const auto& s : v.declared.scopes) {
    const std::string how = "plugin.scopes." + s.name + " = {access = …, places = …}";
    well &= provide(PARLEY_SCOPE_ACCESS, entry_kind::access, s.name, v.access, how);
    well &= provide(PARLEY_SCOPE_PLACES, entry_kind::places, s.name, v.places, how);
  }
  return well;
}

vm& vm_of(void* self) {
  return *static_cast<vm*>(self);
}

} // namespace

parley_status load(const parley_host* host, const manifest::manifest& declared,
                   const std::string& folder, const limits& bounds, parley_plugin* out,
                   std::string* why) {
  why->clear();
  host_api api;
  if (!query_all(host, &api, why)) return PARLEY_E_NOT_FOUND;
  auto made = std::make_unique<vm>(api, declared, folder, bounds);
  if (!made->open(why) || !provide_all(*made, why)) return PARLEY_E_FAILED;
  out->self = made.release();
  out->start = [](void* self, parley_call call) { vm_of(self).start(call); };
  out->stop = [](void* self, parley_call call) { vm_of(self).stop(call); };
  out->destroy = [](void* self) { delete &vm_of(self); };
  return PARLEY_OK;
}

std::size_t memory_of(const parley_plugin& loaded) {
  return vm_of(loaded.self).memory_used();
}

void collect(const parley_plugin& loaded) {
  vm_of(loaded.self).collect();
}

} // namespace parley::lua
