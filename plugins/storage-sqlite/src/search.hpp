#pragma once

// Full text by FTS5. For a collection C that is searched the file holds "C:search", a row for each
// of C's rows with its words, and "C:words", the index over it. Triggers keep the index with the
// words, and the words go with C's row.

#include "layout.hpp"
#include "sqlite.hpp"

#include <string>

namespace parley::storage_sqlite {

// Makes what is not there, anew where other fields were searched before. Gives a sentence where
// that cannot be.
std::string prepare_search(database& file, const collection& wanted);
// For a collection that is not searched any more.
std::string drop_search(database& file, const collection& of);

// Without the words of rows that are gone, which FTS5 keeps for a while.
std::string rebuild_search_sql(const collection& of);

// Bound in the order: words, then the key twice.
std::string words_sql(const collection& of, const parley_driver_op& op);
enum class order { best, newest };
// Bound in the order: what match_of gives, for the best what rank_of gives, limit.
std::string search_sql(const collection& of, order by);
// How many rows hold a term, but no more than a limit. Bound in the order: what match_of gives,
// limit.
std::string count_sql(const collection& of);
// As FTS5 wants it. What makes no row better weighs nothing.
std::string rank_of(const collection& of, const parley_driver_search& what);
std::string match_of(const collection& of, const parley_search_term& term);
std::string match_of(const collection& of, const parley_driver_search& what);

} // namespace parley::storage_sqlite
