// `page` is declared in plugin.yaml and not written here.
#include "sample.plugin.hpp"

class sample final : public sample_plugin {
  task<note> echo(call&, echo_params p) override { co_return p; }
  task<note> add(call&, add_params) override { co_return note(); }
  task<void> fault(call&, fault_params) override { co_return; }
  task<look> see(call&, see_params) override { co_return look(); }
  task<scope_access> shelf_access(call&, std::string, std::string) override {
    co_return scope_access();
  }
  task<std::vector<scope_place>> shelf_places(call&, std::string) override {
    co_return std::vector<scope_place>();
  }
  task<void> on_account_created(call&, identity_types::profile) override { co_return; }
};

PARLEY_PLUGIN(sample)
