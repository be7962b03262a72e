#pragma once

// What is asked of connections that read, as SQL, and its answers.

#include "connection.hpp"
#include "layout.hpp"

#include <memory>
#include <variant>
#include <vector>

namespace parley::storage_postgres {

struct head_query {
  const parley_str* topics = nullptr;
  std::uint32_t count = 0;
};

// Of all topics, from behind an event of one.
struct logs_query {
  const parley_driver_log_read* from = nullptr;
};

struct read_request {
  std::variant<const parley_driver_read*, const parley_driver_log_read*, logs_query, head_query,
               const parley_driver_search*, const parley_driver_through*>
      what;
  parley_driver_rows_done done = nullptr;
  void* user = nullptr;
  clock::time_point since;
  bool may_lag = false; // a standby may answer it
};

// Where something is wrong with a request, `fault` says what. `ranked`: see search_query.
query query_of(const layout& known, std::uint32_t ranked, const read_request& from,
               const char*& fault);
// Ends a request with the rows that its query found.
void reply_rows(const read_request& to, const result& from);
// What came of a query that failed while its connection held.
void reply_failure(const read_request& to, const result& from);

} // namespace parley::storage_postgres
