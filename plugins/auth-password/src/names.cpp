#include "names.hpp"

#include <arpa/inet.h>
#include <sodium.h>

#include <algorithm>
#include <array>

namespace auth_password {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

} // namespace

std::string normalised(std::string_view text) {
  constexpr std::string_view white = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(white) - first + 1);
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

std::string anonymous_display_name(const std::array<unsigned char, 3>& random) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name = "User ";
  for (const unsigned char byte : random) {
    name += digits[byte >> 4];
    name += digits[byte & 15];
  }
  return name;
}

basic_credential read_basic(std::string_view base64) {
  std::string text(base64.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  auto* out = reinterpret_cast<unsigned char*>(text.data());
  if (sodium_base642bin(out, text.size(), base64.data(), base64.size(), nullptr, &size, &end,
                        sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != base64.data() + base64.size()) {
    return {};
  }
  text.resize(size);
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0) return {};
  basic_credential found{true, text.substr(0, colon), text.substr(colon + 1)};
  sodium_memzero(text.data(), text.size());
  return found;
}

std::string network_of(std::string_view address) {
  const std::string text(address.substr(0, address.find('%')));
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin()))
    return text.substr(text.rfind(':') + 1);
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
  return std::string(out.data()) + "/64";
}

bool is_basic(std::string_view scheme) {
  return normalised(scheme) == "basic";
}

} // namespace auth_password
