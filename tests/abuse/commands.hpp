#pragma once

#include <boost/json/object.hpp>

namespace parley::abuse {

// Each runs in a process of its own until its standard input ends, with what it was `given`.
int honest(const boost::json::object& given);
int abuser(const boost::json::object& given);
int herd(const boost::json::object& given);

} // namespace parley::abuse
