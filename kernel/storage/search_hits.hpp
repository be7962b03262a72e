#pragma once

// What a search gives of the rows that a driver found.

#include "storage/requests.hpp"
#include "storage/sealed_fields.hpp"

namespace parley::storage {

// What one version of a plugin is given of a row that the newest shape was read by; built in `in`.
problem to_hit(const parley_cell* row, const table& of, const table& newest,
               const search_arguments& looked_for, const unsealer& with,
               boost::json::storage_ptr in, search_hit& out);
// The words of two values may be equal by chance.
bool is_narrowed(const boost::json::object& record, const boost::json::object& where);

} // namespace parley::storage
