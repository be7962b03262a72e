#include "password_rules.hpp"

#include "names.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace auth_password {

namespace {

// The head of every list of leaked passwords, of those with at least six characters.
constexpr std::array<std::string_view, 40> common = {
    "123456",    "1234567",  "12345678",  "123456789",  "1234567890", "password", "password1",
    "passw0rd",  "qwerty",   "qwerty123", "qwertyuiop", "qwertz",     "abc123",   "abcd1234",
    "111111",    "123123",   "123321",    "654321",     "987654321",  "000000",   "iloveyou",
    "letmein",   "welcome",  "welcome1",  "monkey",     "dragon",     "football", "baseball",
    "sunshine",  "princess", "master",    "superman",   "trustno1",   "1q2w3e4r", "1qaz2wsx",
    "asdfghjkl", "zaq12wsx", "changeme",  "secret123",  "admin123"};

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

// "aaaaaaaa", "abababab": two characters are no choice.
bool monotonous(std::string_view password) {
  return std::set<char>(password.begin(), password.end()).size() <= 2;
}

// "23456789", "hgfedcba"
bool running(std::string_view password) {
  const auto steps_by = [&](int step) {
    return std::adjacent_find(password.begin(), password.end(),
                              [&](char a, char b) { return b - a != step; }) == password.end();
  };
  return steps_by(1) || steps_by(-1);
}

bool is_personal(const std::string& password, const std::vector<std::string>& personal) {
  return std::any_of(personal.begin(), personal.end(), [&](const std::string& each) {
    const auto known = normalised(each);
    return !known.empty() && (password == known || password == known.substr(0, known.find('@')) ||
                              password == known + known);
  });
}

} // namespace

std::string weakness(std::string_view password, std::size_t min_length,
                     const std::vector<std::string>& personal) {
  if (code_points(password) < min_length) {
    return "Choose a password of at least " + std::to_string(min_length) + " characters.";
  }
  const auto plain = normalised(password);
  if (is_personal(plain, personal)) {
    return "Choose a password that is not your own name or email.";
  }
  if (monotonous(plain) || running(plain) ||
      std::find(common.begin(), common.end(), plain) != common.end()) {
    return "This is one of the passwords that are tried first; choose another one.";
  }
  return {};
}

} // namespace auth_password
