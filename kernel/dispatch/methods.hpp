#pragma once

// Running methods: visibility, permission, order and idempotency, all before and after the handler,
// so that no plugin can forget them.

#include "dispatch/batches.hpp"
#include "dispatch/rates.hpp"
#include "dispatch/registry.hpp"

#include <deque>
#include <functional>
#include <unordered_map>

namespace parley::dispatch {

class methods {
 public:
  // Whether roles of a session carry a permission with these default roles.
  using permits = std::function<bool(const std::vector<std::string>& roles,
                                     const manifest::permission& wanted)>;

  methods(calls& all, batches& writes, storage::engine& store, observe::metrics& measured,
          permits allowed, std::uint32_t deadline_ms, rate_limits how_often);

  // In the place of whoever provided the same before.
  void provide(instance& plugin);
  void withdraw(const instance& plugin);
  void set_registry(std::shared_ptr<const registry> current) { registry_ = std::move(current); }

  using answered = std::function<void(outcome)>;
  // For a client; its parameters are checked already.
  void run(client_request what, answered done);
  // Ends what a client asked, if it has not ended: it is answered in any case. Looks through all
  // that is under way, which is rare and bounded by it: once a request at most.
  void cancel(connection_id who, std::uint64_t exchange);
  // For a plugin, on behalf of its call's principal. Completes with the result.
  parley_status invoke(call& by, std::string_view name, const boost::json::value* params,
                       parley_done done, void* user);

 private:
  struct order_queue {
    std::deque<parley_call> waiting;
  };
  struct provided {
    instance* by = nullptr;
    observe::histogram* seconds = nullptr; // from being asked to being answered
    observe::counter* failures = nullptr;
  };

  std::uint32_t deadline_of(const method& target, std::uint32_t wanted) const;
  bool check_params(call& c);
  void start(call& c);
  void check_scope(call& c);
  void scope_answered(parley_call handle, const std::string& scope, const ending& how);
  void line_up(call& c);
  void admitted(call& c);
  void enter(call& c);
  void release_order(call& c);
  void refuse(call& c, parley_status status, std::string_view message = {});
  void refuse_open(call& c, const instance& plugin);
  void look_up_key(const std::string& principal, const std::string& key, const std::string& digest,
                   std::function<void(std::optional<outcome>)> done);
  on_end answer(answered done, const provided& how);

  calls& calls_;
  storage::engine& store_;
  permits permits_;
  std::shared_ptr<const registry> registry_;
  observe::metrics& metrics_;
  observe::counter& too_often_;
  rates rates_;
  std::uint32_t deadline_ms_;
  std::map<std::string, provided, std::less<>> providers_; // by method
  std::map<std::string, instance*, std::less<>> scopes_;   // owners
  std::unordered_map<std::string, order_queue> orders_;
};

// A digest of parameters, the same for the same JSON whatever the order of its members.
std::string digest_of(const boost::json::value& params);

} // namespace parley::dispatch
