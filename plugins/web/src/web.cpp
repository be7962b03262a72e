#include "web.plugin.hpp"

// The page itself is files, which the kernel serves by the manifest's `assets`.
class web final : public web_plugin {
  parley::task<settings_result> settings(parley::call&, settings_params) override {
    co_return settings_result(config().title);
  }
};
PARLEY_PLUGIN(web)
