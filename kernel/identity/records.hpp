#pragma once

// The records of plugin.yaml as structures.

#include "identity/rotation.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::identity {

inline constexpr std::string_view principals = "identity.principals";
inline constexpr std::string_view sessions = "identity.sessions";
inline constexpr std::string_view secrets = "identity.secrets";

struct account_record {
  std::string id;
  int kind = 0;     // PARLEY_USER or PARLEY_BOT
  std::string name; // may be empty
  std::string display_name;
  std::string owner; // of a bot: its plugin
  std::string created_at;
};

boost::json::object to_record(const account_record& from);
account_record read_account(const boost::json::object& record);
// What everybody may see of an account.
boost::json::object to_profile(const account_record& from);

boost::json::object to_record(const session_record& from);
session_record read_session(const boost::json::object& record);

// Lower-case ASCII, 2 to 32 characters, [a-z0-9_] first, then also `.` and `-`: nothing that looks
// like another name, like an email, or like an id.
bool valid_name(std::string_view name);

// Unix time in milliseconds of RFC 3339 as env::rfc3339 writes it; 0 for anything else.
std::int64_t parse_time(std::string_view text);

} // namespace parley::identity
