#include "env/memory.hpp"

// mimalloc's. Not there in tests and with sanitizers, which bring an allocator of their own.
extern "C" [[gnu::weak]] void mi_collect(bool force);

namespace parley::env {

void give_memory_back() {
  if (mi_collect != nullptr) mi_collect(true);
}

} // namespace parley::env
