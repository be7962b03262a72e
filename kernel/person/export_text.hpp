#pragma once

// The file that an export is, as text, in the order in which it is written: one JSON object, an
// item a line, so that any part of it can be made without the rest. docs/operators.md describes it.

#include "person/requests.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace parley::person {

std::string export_head(const request& of);
// Records until then, events from there on.
std::string export_between();
std::string export_record(std::string_view collection, const boost::json::object& record,
                          bool is_first);
std::string export_event(std::string_view topic, const storage::log_entry& event, bool is_first);
// `not_looked_at`: collections that no loaded plugin declares.
std::string export_tail(const boost::json::array& not_looked_at);

// In pieces of at most so many bytes, none of which begins or ends within a character.
std::vector<std::string_view> in_pieces(std::string_view text, std::size_t most);

} // namespace parley::person
