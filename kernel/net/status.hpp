#pragma once

// HTTP statuses: of error codes, and their names.

#include <string_view>

namespace parley::net {

// 422 for a plugin's own code.
unsigned status_of(std::string_view code);
std::string_view reason_of(unsigned status);

} // namespace parley::net
