#pragma once

#include "storage/engine.hpp"

namespace parley::plugin {

// Reads {index?, prefix?, from?, after?, to?, before?, reverse?, limit?} as plugins write it. False
// where something else stands there.
bool read_query(const boost::json::object& given, storage::query& out);

} // namespace parley::plugin
