#pragma once

// Between the kit's values and Boost.JSON.

#include "parley/test/value.hpp"

#include <boost/json.hpp>

namespace parley::test {

boost::json::value to_json(const value& from);
value from_json(const boost::json::value& from);

} // namespace parley::test
