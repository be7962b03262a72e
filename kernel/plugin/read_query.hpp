#pragma once

#include "storage/engine.hpp"

namespace parley::plugin {

// Reads {index?, prefix?, from?, after?, to?, before?, reverse?, limit?} as plugins write it. False
// where something else stands there.
bool read_query(const boost::json::object& given, storage::query& out);

// {by, field, index?, prefix?, order, beyond?, reverse?, limit?, may_lag?}, see draft/storage.h.
// `by`: the other collection.
bool read_through(const boost::json::object& given, std::string& by, storage::through_query& out);

// {text, unfinished?, where?, limit?, skip?}, see draft/storage.h.
bool read_search(const boost::json::object& given, storage::search_query& out);

} // namespace parley::plugin
