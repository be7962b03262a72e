#pragma once

// What `parleyctl keys rotate` asks of a running server.
//
//   {"do": "keys.rotate"} → {"count": data keys that were wrapped anew, "id": of the master key}
// or {"error": "a sentence"}.

#include "node/node.hpp"

#include <boost/json.hpp>

#include <functional>

namespace parley {

// [logic] `answer` is called once. False where it is none of these orders. The node outlives it.
bool run_key_command(node& of, const boost::json::object& asked,
                     const std::function<void(boost::json::object)>& answer);

} // namespace parley
