// The hook carries a profile.
#include "sample.plugin.hpp"

class sample final : public sample_plugin {
  task<void> on_account_created(call&, note) override { co_return; }
};

PARLEY_PLUGIN(sample)
