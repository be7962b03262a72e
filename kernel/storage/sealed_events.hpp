#pragma once

// What the log holds of an event with sealed members: {"$sealed": {member: sealed text, …}, …}, the
// members that are not sealed beside it.

#include "storage/sealed_fields.hpp"

#include <set>

namespace parley::storage {

bool is_sealed_event(std::string_view data);
// The data keys that it takes to read it.
void add_keys_of(std::string_view data, std::set<key_id>& out);
// Puts the members back; those whose key was erased are absent. An event that was tampered with
// becomes a void, and gives the complaint.
problem open_event(std::string_view topic, log_entry& event, const unsealer& with);

} // namespace parley::storage
