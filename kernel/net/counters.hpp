#pragma once

// What a server has done so far, for /metrics. Written by the shards, read by anyone.

#include <atomic>
#include <cstdint>

namespace parley::net {

using counter = std::atomic<std::uint64_t>;

struct counters {
  counter accepted, refused, open, sockets; // connections; `open` and `sockets` go down again
  counter http_requests, frames_in, frames_out, bytes_in, bytes_out, writes;
  counter calls, events_published, ephemeral_merged, ephemeral_dropped, slow_closed, timed_out,
      accept_failures, unfinished_bytes;
};

inline void count(counter& which, std::uint64_t by = 1) {
  which.fetch_add(by, std::memory_order_relaxed);
}
inline void uncount(counter& which) {
  which.fetch_sub(1, std::memory_order_relaxed);
}

} // namespace parley::net
