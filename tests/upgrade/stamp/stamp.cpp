// Built twice, with another MARK.

#include "stamp.plugin.hpp"

class stamp final : public stamp_plugin {
  task<std::optional<messaging_types::draft>> on_message_before_send(
      call&, messaging_types::draft message) override {
    message.text += " " MARK;
    co_return message;
  }
};

PARLEY_PLUGIN(stamp)
