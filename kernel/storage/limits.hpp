#pragma once

// What plugins may write at once. Filled from `limits` of the operator's YAML; the defaults are
// safe.

#include <cstdint>

namespace parley::storage {

struct limits {
  std::uint32_t batch_operations = 10'000;
  std::uint32_t record_bytes = 1'048'576;     // of a record, of what a patch sets, of an event
  std::uint32_t value_depth = 128;            // of lists and objects in each other; at most 1000
  std::uint32_t migration_stall_ms = 300'000; // without progress
  std::uint32_t data_keys = 4'096;            // of sealed fields, unwrapped in memory
  std::uint32_t data_key_seconds = 300;       // each for so long
};

} // namespace parley::storage
