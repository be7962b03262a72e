#pragma once

// What is measured: something with 200 listeners and one sender. Parley and the relay look the same
// from here.

#include "process.hpp"
#include "web_socket.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::bench {

class target {
 public:
  virtual ~target() = default;
  virtual const process& server() const = 0;
  // A connection of member `i`, ready to send and to receive.
  virtual std::unique_ptr<web_socket> join(std::size_t i) = 0;
  // The frame that sends `text`, as the sender's `number`th.
  virtual std::string call(std::uint64_t number, std::string_view text) = 0;
  // The text of a frame that delivers something sent; nothing for other frames.
  virtual std::optional<std::string_view> delivered(std::string_view frame) const = 0;
  // Whether the frame tells the sender that one more of its calls has ended. Throws on a refusal.
  virtual bool ends_call(std::string_view frame) const = 0;
};

struct settings {
  std::string parleyd;
  std::string plugins;
  std::string relay;
  std::string directory;             // for data and logs, removed afterwards
  std::string commit_delay_us = "0"; // of storage-sqlite
  std::uint16_t port = 0;
  std::size_t members = 200;
};

// Registers the members through REST and makes one group of them. `start_ms`: from fork to ready.
class parley_target : public target {
 public:
  explicit parley_target(const settings& with);
  const process& server() const override { return *server_; }
  std::unique_ptr<web_socket> join(std::size_t i) override;
  std::string call(std::uint64_t number, std::string_view text) override;
  std::optional<std::string_view> delivered(std::string_view frame) const override;
  bool ends_call(std::string_view frame) const override;

  double start_ms() const { return start_ms_; }
  std::uint64_t resident_at_rest_kib() const { return at_rest_kib_; }

 private:
  void start(const settings& with);
  void register_members(std::size_t count);

  std::uint16_t port_;
  std::unique_ptr<process> server_;
  double start_ms_ = 0;
  std::uint64_t at_rest_kib_ = 0;
  std::vector<std::string> tokens_;
  std::string group_;
};

class relay_target : public target {
 public:
  explicit relay_target(const settings& with);
  const process& server() const override { return *server_; }
  std::unique_ptr<web_socket> join(std::size_t i) override;
  std::string call(std::uint64_t number, std::string_view text) override;
  std::optional<std::string_view> delivered(std::string_view frame) const override;
  bool ends_call(std::string_view frame) const override;

 private:
  std::uint16_t port_;
  std::unique_ptr<process> server_;
};

} // namespace parley::bench
