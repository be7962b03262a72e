#pragma once

// base64url without padding (RFC 4648 section 5), strict: unused bits must be zero, so that one
// value has one spelling.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parley::identity {

using bytes = std::vector<std::uint8_t>;

std::string to_base64url(std::span<const std::uint8_t> data);
std::optional<bytes> from_base64url(std::string_view text);

std::span<const std::uint8_t> as_bytes(std::string_view text);

} // namespace parley::identity
