#pragma once

// Appends and reads by plain libpq in pipeline mode: the statements of storage-postgres on the
// schema that it made, committed in groups as it does.

#include "store.hpp"

namespace parley::bench {

// The schema was made by storage-postgres, which has closed it.
std::unique_ptr<store> bare_postgres(const std::string& url, const std::string& schema);

// A number that a query gives.
double asked(const std::string& url, const std::string& sql);

} // namespace parley::bench
