#pragma once

// permessage-deflate (RFC 7692), each message by itself: neither side keeps a context from one to
// the next, so that a compressed frame is shared by all who get it and an idle connection costs
// nothing.

#include "net/frame.hpp"
#include "net/http_reader.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace parley::net {

struct deflate_agreement {
  std::string header; // the value of Sec-WebSocket-Extensions
  // A text beyond is sent as it is: its references might reach back further than the client looks.
  std::uint32_t largest_text = 0;
};

// The first offer that can be taken, or nothing: then nothing is compressed (RFC 7692, 5.1).
std::optional<deflate_agreement> agree_on_deflate(const http_request& request);

// Texts from compressed messages. One serves all connections of a thread.
class inflater {
 public:
  enum class outcome { done, too_big, broken };

  inflater();
  ~inflater();
  inflater(const inflater&) = delete;

  // `text` holds until the next call. Stops as soon as it has more than `limit` bytes.
  outcome inflate(std::string_view compressed, std::size_t limit, std::string_view& text);

 private:
  struct stream;
  std::unique_ptr<stream> stream_; // made when it is first needed
  std::string text_;
};

// Compressed frames from text frames. One serves all connections of a thread.
class deflater {
 public:
  deflater();
  ~deflater();
  deflater(const deflater&) = delete;

  // The same text compressed, or `frame` itself where that is not smaller. Asked again for the
  // frame of the last time, as for each who follows a topic, it gives what it made then.
  payload deflate(const payload& frame);
  void forget(); // the last time

 private:
  struct stream;
  std::unique_ptr<stream> stream_;
  payload last_, last_deflated_;
};

} // namespace parley::net
