#pragma once

// The tables: made and widened in one transaction, then rows that lack a default are filled in
// steps. Where a crash ends it, asking again finds what is left to do.

#include "layout.hpp"
#include "session.hpp"

#include <functional>

namespace parley::storage_postgres {

// Makes what `after` has beyond `before`, all or nothing; asked again where it meets others. Takes
// out of its shapes what need not be filled. A sentence where that cannot be. Indexes and words
// that a table's first shape does not declare go, if no other server has the store open.
asio::awaitable<std::string> change_tables(asio::io_context& io, connection& link,
                                           const settings& with, std::size_t known, layout& after);

// Rows of one shape that were looked at, of how many.
using fill_progress = std::function<void(std::uint64_t done, std::uint64_t total)>;
// Fills the rows of one shape. `goes_on` is asked before each step.
asio::awaitable<std::string> fill_rows(asio::io_context& io, connection& link, const settings& with,
                                       const table& of, const shape& by,
                                       std::function<bool()> goes_on, fill_progress tell);

} // namespace parley::storage_postgres
