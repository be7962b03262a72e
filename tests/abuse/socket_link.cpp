#include "socket_link.hpp"

#include <cstdlib>

namespace parley::abuse {

std::string upgrade_request(bool deflates) {
  std::string request =
      "GET /v1/socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: parley.v1\r\n";
  if (deflates) request += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  return request + "\r\n";
}

std::string masked_frame(std::string_view payload, bool deflated) {
  std::string out(1, static_cast<char>(deflated ? 0xc1 : 0x81));
  const std::size_t size = payload.size();
  const int more = size < 126 ? 0 : size < 65'536 ? 2 : 8;
  out += static_cast<char>(0x80U | (more == 0 ? size : more == 2 ? 126U : 127U));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 0xffU);
  out.append(4, '\0');
  out += payload;
  return out;
}

void socket_link::received(std::string_view bytes) {
  in_ += bytes;
  if (!upgraded_ && !take_reply()) return;
  take_frames();
}

bool socket_link::take_reply() {
  const std::size_t end = in_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const int status = std::atoi(in_.c_str() + 9);
  if (status != 101) {
    refused_ = status;
    closing();
    return false;
  }
  in_.erase(0, end + 4);
  upgraded_ = true;
  opened();
  return is_open();
}

void socket_link::take_frames() {
  std::size_t at = 0;
  while (is_open() && in_.size() - at >= 2) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(in_[at + i]); };
    const unsigned form = byte(1) & 0x7fU;
    const std::size_t more = form < 126 ? 0 : form == 126 ? 2 : 8;
    if (in_.size() - at < 2 + more) break;
    std::uint64_t length = more == 0 ? form : 0;
    for (std::size_t i = 0; i < more; ++i) length = length << 8 | byte(2 + i);
    if (in_.size() - at < 2 + more + length) break;
    const std::string_view payload(in_.data() + at + 2 + more, length);
    const unsigned opcode = byte(0) & 0x0fU;
    at += 2 + more + length;
    if (opcode == 1) heard(payload);
    if (opcode != 8) continue;
    close_code_ = payload.size() < 2
                      ? 1005
                      : static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                                   static_cast<unsigned char>(payload[1]));
    return closing();
  }
  in_.erase(0, at);
}

void member_link::opened() {
  say(R"({"authenticate":{"scheme":"Bearer","credential":")" + token_ + "\"}}");
}

void member_link::heard(std::string_view text) {
  if (text.starts_with("{\"hello\":")) {
    constexpr std::string_view name = "\"heartbeat_ms\":";
    heartbeat_ns_ = std::atoll(text.data() + text.find(name) + name.size()) * ns_in_ms;
    wake_at(steady_ns() + heartbeat_ns_);
    say(R"({"resume":{"cursors":{}}})");
  } else if (text.starts_with("{\"resumed\":")) {
    live_ = true;
    live();
  } else {
    frame(text);
  }
}

void member_link::due() {
  say(R"({"heartbeat":{}})");
  wake_at(steady_ns() + heartbeat_ns_);
}

} // namespace parley::abuse
