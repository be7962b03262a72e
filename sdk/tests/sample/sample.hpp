#pragma once

#include "sample.plugin.hpp"

// Counts what lives in a coroutine's frame, to see that each is freed once.
struct tracked {
  tracked() { ++alive; }
  tracked(const tracked&) { ++alive; }
  tracked(tracked&&) noexcept { ++alive; }
  tracked& operator=(const tracked&) = default;
  ~tracked() { --alive; }
  static inline int alive = 0;
};

class sample final : public sample_plugin {
 public:
  ~sample() override { ++destroyed; }
  static inline int destroyed = 0;
  static inline int told = 0;

 private:
  task<note> echo(call& c, echo_params p) override;
  task<note> add(call& c, add_params p) override;
  task<void> fault(call& c, fault_params p) override;
  task<look> see(call& c, see_params p) override;
  task<page_result> page_(call& c, page_params p) override;
  task<scope_access> shelf_access(call& c, std::string principal, std::string place) override;
  task<std::vector<scope_place>> shelf_places(call& c, std::string principal) override;
  task<void> on_account_created(call& c, identity_types::profile who) override;
};

parley_status sample_entry(const parley_host* host, parley_plugin* out);
