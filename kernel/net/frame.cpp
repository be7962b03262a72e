#include "net/frame.hpp"

#include "net/permessage_deflate.hpp"

#include <algorithm>
#include <cstring>

namespace parley::net {

namespace {

using kind = frame_event::kind;

constexpr unsigned deflated_bit = 0x40U; // RSV1 (RFC 7692, 6)

bool is_control(opcode what) {
  return static_cast<unsigned>(what) >= 8;
}

// RFC 6455, 7.4: what may stand in a close frame.
bool may_be_sent(std::uint16_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

std::size_t header_size(unsigned char second) {
  const unsigned length = second & 0x7fU;
  return 2 + (length == 126 ? 2U : length == 127 ? 8U : 0U) + ((second & 0x80U) != 0 ? 4U : 0U);
}

} // namespace

frame_decoder::header_state frame_decoder::take_header(std::span<char>& input,
                                                       std::uint16_t& fault) {
  while (true) {
    const std::size_t want = header_have_ < 2 ? 2 : header_size(header_[1]);
    const std::size_t take = std::min(want - header_have_, input.size());
    std::memcpy(header_.data() + header_have_, input.data(), take);
    header_have_ = static_cast<std::uint8_t>(header_have_ + take);
    input = input.subspan(take);
    if (header_have_ < want) return header_state::incomplete;
    if (want != 2 || header_size(header_[1]) == 2) break;
  }
  fault = judge_header();
  if (fault != 0) return header_state::fault;
  header_have_ = 0;
  mask_at_ = 0;
  in_payload_ = true;
  return header_state::complete;
}

// 0 where the header is in order.
std::uint16_t frame_decoder::judge_header() {
  const unsigned first = header_[0], second = header_[1];
  const bool deflated = (first & deflated_bit) != 0;
  if ((first & 0x30U) != 0 || (second & 0x80U) == 0) return close_code::protocol_error;
  // Said of a message by its first frame, of a control frame never.
  if (deflated && (inflates_ == nullptr || (first & 0x0fU) == 0 || (first & 0x08U) != 0))
    return close_code::protocol_error;
  final_ = (first & 0x80U) != 0;
  opcode_ = static_cast<opcode>(first & 0x0fU);
  const unsigned length = second & 0x7fU;
  const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
  remaining_ = length;
  if (more != 0) {
    remaining_ = 0;
    for (std::size_t i = 0; i < more; ++i) remaining_ = remaining_ << 8 | header_[2 + i];
    const std::uint64_t least = more == 2 ? 126 : 65'536; // the shortest form is required
    if (remaining_ < least || remaining_ >> 63 != 0) return close_code::protocol_error;
  }
  std::memcpy(mask_.data(), header_.data() + 2 + more, 4);
  switch (opcode_) {
    case opcode::close:
    case opcode::ping:
    case opcode::pong:
      return final_ && length <= 125 ? std::uint16_t{0} : close_code::protocol_error;
    case opcode::binary:
      return message_open_ ? close_code::protocol_error : close_code::unsupported;
    case opcode::text:
      if (message_open_) return close_code::protocol_error;
      message_bytes_ = 0;
      compressed_ = deflated;
      utf8_ = {};
      break;
    case opcode::continuation:
      if (!message_open_) return close_code::protocol_error;
      break;
    default:
      return close_code::protocol_error;
  }
  if (remaining_ > most_ - message_bytes_) return close_code::too_big;
  message_bytes_ += static_cast<std::uint32_t>(remaining_);
  return 0;
}

frame_event frame_decoder::next(std::span<char>& input) {
  forget_delivered();
  while (true) {
    if (!in_payload_) {
      if (input.empty()) return {};
      std::uint16_t fault = 0;
      const header_state state = take_header(input, fault);
      if (state == header_state::fault) return {kind::fault, {}, fault};
      if (state == header_state::incomplete) return {};
    }
    if (is_control(opcode_)) return take_control(input);
    frame_event event;
    if (take_data(input, event)) return event;
  }
}

// False where a fragment has ended and the next frame is to be read.
bool frame_decoder::take_data(std::span<char>& input, frame_event& event) {
  const std::size_t size = std::min<std::uint64_t>(input.size(), remaining_);
  const auto piece = input.first(size);
  input = input.subspan(size);
  unmask(piece);
  const std::string_view text(piece.data(), piece.size());
  remaining_ -= size;
  in_payload_ = remaining_ > 0;
  const bool done = !in_payload_ && final_;
  if (message_bytes_ > limit_ && !compressed_ && !may_be_long(text)) {
    event = {kind::fault, {}, close_code::too_big};
    return true;
  }
  if (!compressed_ && (!utf8_.feed(text) || (done && !utf8_.complete()))) {
    event = {kind::fault, {}, close_code::not_utf8};
    return true;
  }
  const bool whole = done && !message_open_ && (!partial_ || partial_->message.empty());
  if (whole) {
    event = text_event(text);
    return true;
  }
  pieces().message += text;
  if (in_payload_) return true; // need_more
  message_open_ = !final_;
  if (!final_) return false;
  partial_->message_done = true;
  event = text_event(partial_->message);
  return true;
}

// As far as its beginning has come.
bool frame_decoder::may_be_long(std::string_view piece) const {
  std::string_view rest = beginning_, before;
  if (partial_) before = partial_->message;
  for (const std::string_view each : {before, piece}) {
    const std::size_t seen = std::min(each.size(), rest.size());
    if (each.substr(0, seen) != rest.substr(0, seen)) return false;
    rest.remove_prefix(seen);
  }
  return true;
}

frame_event frame_decoder::text_event(std::string_view content) {
  if (!compressed_) return {kind::text, content, 0}; // its UTF-8 was checked as it came
  std::string_view text;
  switch (inflates_->inflate(content, most_, text)) {
    case inflater::outcome::done:
      break;
    case inflater::outcome::too_big:
      return {kind::fault, {}, close_code::too_big};
    case inflater::outcome::broken:
      return {kind::fault, {}, close_code::not_utf8}; // not the data that its type says (RFC 6455)
  }
  if (!env::is_utf8(text)) return {kind::fault, {}, close_code::not_utf8};
  return {kind::text, text, 0};
}

frame_event frame_decoder::take_control(std::span<char>& input) {
  const std::size_t size = std::min<std::uint64_t>(input.size(), remaining_);
  const auto piece = input.first(size);
  input = input.subspan(size);
  unmask(piece);
  remaining_ -= size;
  in_payload_ = remaining_ > 0;
  const std::string_view content(piece.data(), piece.size());
  if (!in_payload_ && (!partial_ || partial_->control.empty())) return control_event(content);
  pieces().control += content;
  if (in_payload_) return {};
  partial_->control_done = true;
  return control_event(partial_->control);
}

frame_event frame_decoder::control_event(std::string_view content) const {
  if (opcode_ == opcode::ping) return {kind::ping, content, 0};
  if (opcode_ == opcode::pong) return {kind::pong, content, 0};
  if (content.empty()) return {kind::close, {}, close_code::no_status};
  if (content.size() == 1) return {kind::fault, {}, close_code::protocol_error};
  const auto code = static_cast<std::uint16_t>(static_cast<unsigned char>(content[0]) << 8 |
                                               static_cast<unsigned char>(content[1]));
  if (!may_be_sent(code)) return {kind::fault, {}, close_code::protocol_error};
  content.remove_prefix(2);
  if (!env::is_utf8(content)) return {kind::fault, {}, close_code::not_utf8};
  return {kind::close, content, code};
}

void frame_decoder::unmask(std::span<char> bytes) {
  std::array<unsigned char, 8> key{};
  for (std::size_t i = 0; i < 8; ++i) key[i] = mask_[(mask_at_ + i) & 3];
  std::uint64_t wide = 0;
  std::memcpy(&wide, key.data(), 8);
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data() + at, 8);
    eight ^= wide;
    std::memcpy(bytes.data() + at, &eight, 8);
  }
  for (; at < bytes.size(); ++at) {
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ key[at & 7]);
  }
  mask_at_ = static_cast<std::uint8_t>((mask_at_ + bytes.size()) & 3);
}

std::size_t frame_decoder::held() const {
  return partial_ ? partial_->message.size() + partial_->control.size() : 0;
}

frame_decoder::partial& frame_decoder::pieces() {
  if (!partial_) partial_ = std::make_unique<partial>();
  return *partial_;
}

void frame_decoder::forget_delivered() {
  if (!partial_) return;
  if (partial_->message_done) {
    partial_->message = {};
    partial_->message_done = false;
  }
  if (partial_->control_done) {
    partial_->control = {};
    partial_->control_done = false;
  }
  const bool open = message_open_ || in_payload_;
  if (!open && partial_->message.empty() && partial_->control.empty()) partial_.reset();
}

void append_header(std::string& out, opcode what, std::size_t size) {
  out += static_cast<char>(0x80U | static_cast<unsigned>(what));
  const int more = size < 126 ? 0 : size < 65'536 ? 2 : 8;
  out += static_cast<char>(more == 0 ? size : more == 2 ? 126U : 127U);
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 0xffU);
}

payload make_frame(opcode what, std::string_view content) {
  auto frame = std::make_shared<std::string>();
  frame->reserve(content.size() + 10);
  append_header(*frame, what, content.size());
  frame->append(content);
  return frame;
}

payload make_text(std::string_view content) {
  return make_frame(opcode::text, content);
}

payload make_deflated_text(std::string_view compressed) {
  auto frame = std::make_shared<std::string>();
  frame->reserve(compressed.size() + 10);
  append_header(*frame, opcode::text, compressed.size());
  frame->front() = static_cast<char>(static_cast<unsigned char>(frame->front()) | deflated_bit);
  frame->append(compressed);
  return frame;
}

payload make_close(std::uint16_t code, std::string_view reason) {
  if (code == close_code::no_status) return make_frame(opcode::close, {});
  std::string content;
  content += static_cast<char>(code >> 8);
  content += static_cast<char>(code & 0xffU);
  std::size_t size = std::min<std::size_t>(reason.size(), 123);
  if (size < reason.size()) {
    while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xc0U) == 0x80U) --size;
  }
  content.append(reason.substr(0, size));
  return make_frame(opcode::close, content);
}

} // namespace parley::net
