#pragma once

// What one client, one address and all of them together may take. Filled from `limits` of the
// operator's YAML; the defaults are safe.

#include <cstdint>

namespace parley::net {

struct limits {
  std::uint32_t frame_bytes = 65'536;        // one WebSocket message
  std::uint32_t resume_bytes = 1'048'576;    // a `resume`, where that is more: some 16,000 cursors
  std::uint32_t deflate_above_bytes = 1'024; // of a text that is sent compressed; 0: none is
  std::uint32_t header_bytes = 16'384;       // an HTTP request's header
  std::uint32_t body_bytes = 1'048'576;      // an HTTP request's body
  std::uint32_t connections = 100'000;
  std::uint32_t connections_per_address = 1'000; // beyond: told so, and closed with 4201 or 429
  std::uint32_t handshake_seconds = 10;          // TLS; and from the upgrade to `authenticate`
  std::uint32_t header_seconds = 10; // from the first byte of a request to its header's end
  std::uint32_t body_seconds = 30;   // from there to its body's end
  std::uint32_t idle_seconds = 75;   // HTTP, between requests
  // What all connections have sent of requests and frames that have not ended yet.
  std::uint64_t unfinished_bytes = 64U << 20;
  std::uint32_t queue_bytes = 1'048'576; // unsent events and replies of one connection
  std::uint32_t outstanding = 64;        // unanswered calls of one connection
  std::uint32_t close_seconds = 5;       // from the close frame to the end of the connection
};

} // namespace parley::net
