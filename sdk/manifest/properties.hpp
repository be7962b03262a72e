#pragma once

// What the checks of a manifest ask of a resolved schema. One that was not readable has become an
// empty one: nothing more is said about it.

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace parley::manifest {

// nullptr: it names no such property.
const boost::json::value* property(const boost::json::object& schema, std::string_view name);
bool is_required(const boost::json::object& schema, std::string_view name);
std::vector<std::string> names_of(const boost::json::object& schema);

bool is_type(const boost::json::value& schema, std::string_view type);
bool is_unreadable(const boost::json::value& schema);
// No string, integer, number or boolean.
bool is_compound(const boost::json::value& schema);

} // namespace parley::manifest
