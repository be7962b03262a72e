#pragma once

// The C tables of the fake host.

#include "fake_host.hpp"

namespace fake {

extern host* current_host; // the value interface is given no host

const void* query_interface(const parley_host* of, const char* name, uint32_t min_size);
const parley_value_api* value_interface();
const parley_storage_api* storage_interface();
const parley_ephemeral_api* ephemeral_interface();

json::value from_slot(const parley_slot& slot);
inline std::string text(parley_str from) {
  return std::string(from.ptr, from.len);
}
inline json::value read(parley_value handle) {
  return handle == 0 ? json::value() : *current_host->find(handle);
}

} // namespace fake
