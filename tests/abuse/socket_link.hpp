#pragma once

// A WebSocket client of parley.v1 on a link: no TLS, no fragments, a mask of zeros.

#include "loop.hpp"

namespace parley::abuse {

std::string upgrade_request(bool deflates = false);
std::string masked_frame(std::string_view payload, bool deflated = false);

class socket_link : public link {
 public:
  using link::link;

  void say(std::string_view text) { send(masked_frame(text)); }
  bool upgraded() const { return upgraded_; }
  std::uint16_t close_code() const { return close_code_; }
  int refused() const { return refused_; } // the status, where it was not upgraded

  virtual void opened() {}                // upgraded
  virtual void heard(std::string_view) {} // a text frame
  virtual void closing() { close(); }     // a close frame or a refusal has come

  void connected() override { send(upgrade_request(deflates)); }
  void received(std::string_view bytes) final;

 protected:
  bool deflates = false;

 private:
  bool take_reply();
  void take_frames();

  std::string in_;
  bool upgraded_ = false;
  std::uint16_t close_code_ = 0;
  int refused_ = 0;
};

// Authenticates, resumes, and says when it is there.
class member_link : public socket_link {
 public:
  member_link(std::uint8_t host, std::string token) : socket_link(host), token_(std::move(token)) {}
  virtual void live() {}
  virtual void frame(std::string_view) {} // all but hello and resumed
  void opened() override;
  void heard(std::string_view text) final;
  void due() override;
  bool is_live() const { return live_; }

 private:
  std::string token_;
  std::int64_t heartbeat_ns_ = 0;
  bool live_ = false;
};

} // namespace parley::abuse
