#include "free_space.hpp"

#include "parley/log.h"

#include <sqlite3.h>

namespace parley::storage_sqlite {
namespace {

constexpr const char* some_pages = "PRAGMA incremental_vacuum(128)"; // half a MiB
constexpr std::int64_t incremental = 2;                              // of PRAGMA auto_vacuum

} // namespace

std::string free_space::prepare() {
  statement mode;
  if (file_.prepare("PRAGMA auto_vacuum", mode) != SQLITE_OK || mode.step() != SQLITE_ROW ||
      file_.prepare("SELECT freelist_count * page_size >> 20, freelist_count"
                    " FROM pragma_freelist_count, pragma_page_size",
                    count_) != SQLITE_OK) {
    return file_.error();
  }
  is_able_ = mode.integer(0) == incremental;
  if (!is_able_ && settings_.tell) {
    settings_.tell(PARLEY_INFO, settings_.path +
                                    " was made by an earlier version and does not get smaller; "
                                    "once, while no server runs: sqlite3 " +
                                    settings_.path + " 'PRAGMA auto_vacuum=2; VACUUM'");
  }
  return {};
}

bool free_space::give_back() {
  if (!is_able_ || count_.step() != SQLITE_ROW) {
    count_.reset();
    return false;
  }
  const bool is_much = count_.integer(0) >= settings_.spare_mib && count_.integer(1) > 0;
  count_.reset();
  // Where it fails the disk is full or broken, which whoever writes next is told.
  return is_much && file_.execute(some_pages) == SQLITE_OK;
}

} // namespace parley::storage_sqlite
