#pragma once

// The kernel's error codes: the one table of what they are called, which HTTP status they have, and
// what they mean.

#include <span>
#include <string_view>

namespace parley::documents {

struct error_code {
  std::string_view code;
  unsigned status; // 0: on the socket only
  std::string_view meaning;
};

std::span<const error_code> error_codes();

// Of a plugin's own codes.
constexpr unsigned refused_status = 422;

// `refused_status` for what is not in the table.
unsigned status_of(std::string_view code);
// What HTTP calls a status (RFC 9110, 15).
std::string_view reason_of(unsigned status);

} // namespace parley::documents
