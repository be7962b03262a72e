// The handler of a hook is not written.
#include "sample.plugin.hpp"

class sample final : public sample_plugin {
  task<note> echo(call&, echo_params p) override { co_return p; }
  task<note> add(call&, add_params) override { co_return note(); }
  task<void> fault(call&, fault_params) override { co_return; }
  task<look> see(call&, see_params) override { co_return look(); }
  task<page_result> page_(call&, page_params) override { co_return page_result(); }
  task<scope_access> shelf_access(call&, std::string, std::string) override {
    co_return scope_access();
  }
  task<std::vector<scope_place>> shelf_places(call&, std::string) override {
    co_return std::vector<scope_place>();
  }
};

PARLEY_PLUGIN(sample)
