#pragma once

// Names of a manifest as C++ identifiers.

#include <string>
#include <string_view>

namespace parley::gen {

// "auth-password" → auth_password, "message.sent" → message_sent; a keyword gets a trailing _.
std::string identifier(std::string_view name);
// What comes after the first dot, as an identifier: "messaging.send" → send.
std::string after_dot(std::string_view name);
// The same without the _ of a keyword, for names that are made of it: "x.delete" → delete.
std::string method_stem(std::string_view name);
// A C++ string literal.
std::string literal(std::string_view text);
// Codes that every method may answer with; the SDK has their functions.
bool standard_error(std::string_view code);
// Names of the SDK, which generated code may be read beside.
bool reserved_name(std::string_view name);
// What the generated class has from its base; a handler of that name gets a trailing _.
bool reserved_member(std::string_view name);

} // namespace parley::gen
