#pragma once

// How people name themselves when they log in.

#include <array>
#include <string>
#include <string_view>

namespace auth_password {

// Lower-case ASCII without white space around it. Names and emails are stored and looked up so.
std::string normalised(std::string_view text);

// What others see of somebody who gave neither a name nor a display name. Never of the email: who
// has one half of an address has nearly the whole.
std::string anonymous_display_name(const std::array<unsigned char, 3>& random);

// The user name and password of HTTP Basic (RFC 7617), of the credential's base64.
struct basic_credential {
  bool valid = false;
  std::string login;
  std::string password;
};
basic_credential read_basic(std::string_view base64);

// What counts as one address: an IPv4 address, or the /64 of an IPv6 address, since whoever has one
// of those has them all.
std::string network_of(std::string_view address);

// Whether a scheme is Basic, without regard to case.
bool is_basic(std::string_view scheme);

} // namespace auth_password
