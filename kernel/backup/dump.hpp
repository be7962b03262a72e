#pragma once

// A dump as a call that ends when the dump does.

#include "parley/draft/storage_driver.h"

#include <functional>
#include <string>

namespace parley::backup {

// Whether its contents can be had.
bool can_dump(const parley_storage_driver& driver);

// Called on a thread of the driver's. Gives what is wrong, which ends the dump; empty: go on.
using piece_taker = std::function<std::string(const parley_driver_piece& piece)>;

// Begins one, with the declarations first. `done` is called on a thread of the driver's, with what
// went wrong: in the store, or what `take` gave.
void dump(const parley_storage_driver& driver, piece_taker take,
          std::function<void(std::string why)> done);
// The same, waiting for its end. Not on the driver's threads, nor where its answers need this one.
std::string dump_and_wait(const parley_storage_driver& driver, piece_taker take);

// A call that ends in `done(user, rows)`, waited for. Gives its error.
std::string wait_for(const std::function<void(parley_driver_rows_done done, void* user)>& begin);

} // namespace parley::backup
