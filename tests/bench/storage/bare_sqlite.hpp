#pragma once

// Appends and reads by plain SQLite: the statements of storage-sqlite on the schema that it made,
// committed in groups as it does, checkpoints beside.

#include "store.hpp"

namespace parley::bench {

// `file` was made by storage-sqlite and is closed.
std::unique_ptr<store> bare_sqlite(const std::string& file);

} // namespace parley::bench
