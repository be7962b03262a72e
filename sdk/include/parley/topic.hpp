#pragma once

// Ephemeral events: sent to who is listening now, stored nowhere. Durable ones: batch::publish.

#include "parley/storage.hpp"
#include "parley/topic.h"

namespace parley {

template <event_class Event>
void publish(const arena& a, const Event& event) {
  static_assert(!Event::durable, "a durable event is published in a batch");
  if (a.host().topics == nullptr) throw unavailable("The host has no topics.");
  check(a.host().topics->publish(a.handle(), to_c(Event::event_name), to_c(event.place),
                                 to_value(a, event.data)),
        "publishing an event");
}

} // namespace parley
