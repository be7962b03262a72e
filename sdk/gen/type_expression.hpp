#pragma once

// A schema as a type of TypeScript or of LuaLS, on one line. C++ has classes instead: shapes.hpp.

#include "manifest.hpp"

#include <string>
#include <string_view>

namespace parley::gen {

// How a language writes what the two have in common.
struct dialect {
  std::string_view integer, null, anything;
  std::string_view between; // the members of an object
  std::string (*named)(std::string_view plugin, std::string_view type);
  std::string (*key)(const std::string& name); // of an object, with what marks it optional
  std::string (*map)(const std::string& value);
};

std::string type_expression(const boost::json::object& schema, const manifest::manifest& of,
                            const dialect& in);
// Whether it is an object with named properties, which is written as an interface or class.
bool has_properties(const boost::json::object& schema);
// The name of the plugin's own type that a schema refers to, or empty.
std::string type_named(const boost::json::object& schema, const manifest::manifest& of);
// Letters, digits and _, not beginning with a digit.
bool is_plain_name(std::string_view name);

} // namespace parley::gen
