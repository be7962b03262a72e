// plugin.yaml declares no method `subtract`.
#include "sample.plugin.hpp"

class sample final : public sample_plugin {
  task<note> subtract(call&, add_params) override { co_return note(); }
};

PARLEY_PLUGIN(sample)
