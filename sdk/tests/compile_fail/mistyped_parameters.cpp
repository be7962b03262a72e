// `add` takes other parameters than plugin.yaml says.
#include "sample.plugin.hpp"

class sample final : public sample_plugin {
  task<note> add(call&, fault_params) override { co_return note(); }
};

PARLEY_PLUGIN(sample)
