#include "scrub.hpp"

#include "search.hpp"

#include <sqlite3.h>

#include <set>

namespace parley::storage_sqlite {
namespace {

bool empty_log(database& file) {
  return sqlite3_wal_checkpoint_v2(file.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                                   nullptr) == SQLITE_OK;
}

} // namespace

// secure_delete overwrites what is erased where it lies, but not the copies that stay behind where
// a page was split: they are in room that counts as unused. Only writing the file anew is without
// them. FTS5 keeps words of erased rows until its parts are merged.
std::string scrub(database& file, const layout& known) {
  // Whoever reads an old state keeps the log from being emptied: better known before the rest.
  if (!empty_log(file)) return file.error();
  std::set<std::string> done;
  for (const collection& each : known) {
    if (each.searched.empty() || !done.insert(each.name).second) continue;
    if (file.execute(rebuild_search_sql(each)) != SQLITE_OK) return file.error();
  }
  // VACUUM makes its copy where temporary tables are: not in memory.
  const int code = file.execute("PRAGMA temp_store=FILE; PRAGMA auto_vacuum=INCREMENTAL; VACUUM");
  const std::string why = code == SQLITE_OK ? "" : file.error();
  file.execute("PRAGMA temp_store=MEMORY");
  if (!why.empty()) return why;
  return empty_log(file) ? std::string() : file.error();
}

} // namespace parley::storage_sqlite
