#pragma once

// RFC 6455 frames without sockets: a decoder for what clients send, and the encoding of what they
// are sent. Ours rather than Beast's, because one encoded frame is shared by all who get it.

#include "env/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace parley::net {

using payload = std::shared_ptr<const std::string>; // of bytes for the wire

namespace close_code {
inline constexpr std::uint16_t normal = 1000, going_away = 1001, protocol_error = 1002,
                               unsupported = 1003, no_status = 1005, not_utf8 = 1007,
                               too_big = 1009;
inline constexpr std::uint16_t draining = 4000, too_slow = 4001, heartbeats_missing = 4002,
                               session_ended = 4100, authentication_failed = 4101,
                               not_authenticated = 4102, not_this_protocol = 4200,
                               too_many_connections = 4201;
} // namespace close_code

enum class opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

struct frame_event {
  enum class kind { need_more, text, ping, pong, close, fault } what = kind::need_more;
  std::string_view content; // text, ping, pong; the reason of a close; until the next call
  std::uint16_t code = 0;   // of a close; with what to close after a fault
};

class inflater;

// Strict: masking is required, reserved bits and opcodes are faults, text is UTF-8, and a message
// over the limit is a fault before any of it is buffered, or inflated. Binary messages are a fault
// (1003).
class frame_decoder {
 public:
  // `inflates`: permessage-deflate was agreed on, and messages may come compressed.
  explicit frame_decoder(std::uint32_t limit, inflater* inflates = nullptr)
      : limit_(limit), most_(limit), inflates_(inflates) {}

  // From the next message on: one that begins like this may be longer than others. Of one that is
  // compressed only the limit is looked at here. `beginning` outlives the decoder.
  void take_up_to(std::uint32_t limit, std::string_view beginning) {
    most_ = std::max(limit, limit_);
    beginning_ = beginning;
  }

  // Takes the next event from the front of `input`, which is unmasked in place. A whole message in
  // one piece is not copied. After a fault or a close nothing more must be fed.
  frame_event next(std::span<char>& input);
  std::size_t held() const; // bytes of what has not ended

 private:
  // What lies across several reads; an idle connection has none.
  struct partial {
    std::string message;
    std::string control;
    bool message_done = false;
    bool control_done = false;
  };

  enum class header_state { incomplete, complete, fault };
  header_state take_header(std::span<char>& input, std::uint16_t& fault);
  std::uint16_t judge_header();
  frame_event take_control(std::span<char>& input);
  bool take_data(std::span<char>& input, frame_event& event);
  frame_event text_event(std::string_view content);
  frame_event control_event(std::string_view content) const;
  void unmask(std::span<char> bytes);
  void forget_delivered();
  partial& pieces();

  bool may_be_long(std::string_view piece) const;

  std::uint32_t limit_;
  std::uint32_t most_; // of those that may be longer
  std::string_view beginning_;
  inflater* inflates_;
  std::uint32_t message_bytes_ = 0;
  std::uint64_t remaining_ = 0; // of the current frame's payload
  std::array<unsigned char, 14> header_{};
  std::array<unsigned char, 4> mask_{};
  std::uint8_t header_have_ = 0;
  std::uint8_t mask_at_ = 0;
  opcode opcode_ = opcode::continuation;
  bool final_ = false;
  bool in_payload_ = false;
  bool message_open_ = false; // fragments of a message have come
  bool compressed_ = false;   // it is
  env::utf8_checker utf8_;
  std::unique_ptr<partial> partial_;
};

void append_header(std::string& out, opcode what, std::size_t size);
payload make_frame(opcode what, std::string_view content);
payload make_text(std::string_view content);
payload make_deflated_text(std::string_view compressed); // RFC 7692, 6
inline bool is_text(const std::string& frame) {          // whole and not compressed
  return frame.front() == '\x81';
}
payload make_close(std::uint16_t code, std::string_view reason);

} // namespace parley::net
