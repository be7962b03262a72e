#pragma once

#include "sqlite.hpp"

#include <string_view>

namespace parley::storage_sqlite {

// Ends an operation that gives no rows.
inline void reply(parley_driver_rows_done done, void* user, parley_status status,
                  std::string_view error, bool more = false) {
  parley_driver_rows rows{};
  rows.size = sizeof rows;
  rows.status = status;
  rows.error = borrow(error);
  rows.more = more ? 1 : 0;
  done(user, &rows);
}

} // namespace parley::storage_sqlite
