#pragma once

// Asking a running server, by the socket in its data directory.

#include "control/client.hpp"
#include "control/socket.hpp"

#include <boost/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace parley::ctl {

// The data directory that a configuration names, or nothing after having said why.
std::optional<std::filesystem::path> data_of(const std::string& file);
// What the server said, or nothing after having said why.
std::optional<boost::json::object> said_by(const control::answer& a);
// Some time between two questions.
void pause();
// A member as text; empty where there is none.
std::string text_of(const boost::json::object& in, std::string_view key);

} // namespace parley::ctl
