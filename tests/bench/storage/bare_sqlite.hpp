#pragma once

// Appends and reads by plain SQLite: the statements of storage-sqlite on the schema that it made,
// committed in groups as it does, checkpoints beside.

#include "store.hpp"

namespace parley::bench {

// `file` was made by storage-sqlite and is closed. With `reads_elsewhere` a read is handed to
// another thread and its answer back, as a server must whose own thread may not wait for a disk.
std::unique_ptr<store> bare_sqlite(const std::string& file, bool reads_elsewhere = false);

} // namespace parley::bench
