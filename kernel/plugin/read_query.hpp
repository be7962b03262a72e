#pragma once

#include "storage/engine.hpp"

namespace parley::plugin {

// Reads {index?, prefix?, from?, after?, to?, before?, reverse?, limit?} as plugins write it. False
// where something else stands there.
bool read_query(const boost::json::object& given, storage::query& out);

// {text, unfinished?, where?, limit?, skip?}, see draft/storage.h.
bool read_search(const boost::json::object& given, storage::search_query& out);

} // namespace parley::plugin
