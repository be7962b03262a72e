#pragma once

#include <boost/json.hpp>

#include <optional>

namespace parley::schema {

// A value that a schema admits: its first of `examples`, its default, or one made from its limits.
// Nothing where none can be made, as for a pattern without `examples`, or where it would be very
// long. What may be left out is.
std::optional<boost::json::value> example_value(const boost::json::object& schema);

} // namespace parley::schema
