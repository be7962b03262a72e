#pragma once

namespace parley::env {

// Gives the system what this thread's allocator keeps for later. It takes milliseconds where that
// is much: for when a crowd has gone.
void give_memory_back();

} // namespace parley::env
