#include "integrity.hpp"

#include "parley/log.h"

#include <sqlite3.h>

#include <algorithm>
#include <filesystem>

namespace parley::storage_sqlite {
namespace {

std::uintmax_t size_of(const std::string& path) {
  std::error_code none;
  const std::uintmax_t size = std::filesystem::file_size(path, none);
  return none ? 0 : size;
}

void tell(const settings& with, std::int32_t level, const std::string& what) {
  if (with.tell) with.tell(level, what);
}

} // namespace

// Whoever closes the file moves the log into it and removes the log.
bool was_left_open(const std::string& path) {
  return size_of(path + "-wal") > 0;
}

std::string look_for_damage(database& file, const settings& with) {
  if (with.check_mib == 0) return {};
  const std::uintmax_t mib = (size_of(with.path) + size_of(with.path + "-wal")) >> 20;
  const std::string left = with.path + " was not closed when it was last used";
  if (mib > with.check_mib) {
    tell(with, PARLEY_WARN,
         left + "; with " + std::to_string(mib) +
             " MiB it is too large to be looked through (check_mib: " +
             std::to_string(with.check_mib) + "). Do it by hand: sqlite3 " + with.path +
             " 'PRAGMA quick_check'");
    return {};
  }
  statement look;
  int code = file.prepare("PRAGMA quick_check(1)", look);
  if (code == SQLITE_OK) code = look.step();
  if (code == SQLITE_ROW && look.text(0) == "ok") {
    tell(with, PARLEY_INFO, left + "; it was looked through, and is whole");
    return {};
  }
  std::string found(code == SQLITE_ROW ? look.text(0) : file.error());
  if ((code & 0xff) == SQLITE_IOERR) return left + ", and cannot be looked through: " + found;
  // As it was found, so that it is looked through again: the log stays, and says that it must be.
  sqlite3_db_config(file.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  std::replace(found.begin(), found.end(), '\n', ' ');
  return left + ", and is damaged: " + found +
         ". Put back a copy, or save what can be read: sqlite3 " + with.path +
         " .recover | sqlite3 NEW";
}

} // namespace parley::storage_sqlite
