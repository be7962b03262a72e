#pragma once

// The other side of the control socket: one question, one answer.

#include <boost/json.hpp>

#include <filesystem>
#include <optional>
#include <string>

namespace parley::control {

// Whether a server listens there.
bool is_served(const std::filesystem::path& file);

struct answer {
  std::optional<boost::json::object> said;
  bool nobody = false; // no server listens there
  std::string why;     // where nothing was said
};

// Waits for the answer.
answer ask(const std::filesystem::path& file, const boost::json::object& question);

} // namespace parley::control
