#pragma once

// What /healthz, /readyz and /metrics answer, and the documents of what can be called.

#include "dispatch/registry.hpp"

#include <functional>
#include <memory>
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

// /v1/openapi.json and /v1/asyncapi.json, of the generation that is served now. Called on the logic
// loop, and calls back there, later where the document has to be made first; nullptr: not now.
using document_source = std::function<void(
    std::string_view path, std::function<void(std::shared_ptr<const dispatch::file> found)> then)>;

} // namespace parley::net
