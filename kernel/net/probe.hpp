#pragma once

// What /healthz, /readyz and /metrics answer.

#include <functional>
#include <string>
#include <string_view>

namespace parley::net {

struct probe_answer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Called on the logic loop, so that a logic that hangs does not answer as if it were well.
using probe = std::function<probe_answer(std::string_view path)>;

} // namespace parley::net
