#pragma once

// HTTP statuses: of error codes, and their names.

#include "error_codes.hpp"

#include <string_view>

namespace parley::net {

using documents::status_of; // of an error's code
std::string_view reason_of(unsigned status);

} // namespace parley::net
