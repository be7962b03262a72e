#pragma once

// What is gone from the tables goes from the files as well.

#include "layout.hpp"

namespace parley::storage_sqlite {

// Writes the file anew, and empties the log. Takes as long as that does, and as much room again
// meanwhile. What went wrong; empty: nothing.
std::string scrub(database& file, const layout& known);

} // namespace parley::storage_sqlite
