#pragma once

// Which passwords are refused when they are chosen: short ones, and those that anybody tries first.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace auth_password {

// Why a password is too weak, as a sentence for people; empty where it will do. `personal`: what
// others know of its owner (name, email, display name).
std::string weakness(std::string_view password, std::size_t min_length,
                     const std::vector<std::string>& personal);

} // namespace auth_password
