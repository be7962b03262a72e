// `add` gives another type than plugin.yaml says.
#include "sample.plugin.hpp"

class sample final : public sample_plugin {
  task<std::string> add(call&, add_params) override { co_return "text"; }
};

PARLEY_PLUGIN(sample)
