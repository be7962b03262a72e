#pragma once

// Bytes through a non-blocking socket, plain or by TLS. It never waits: it says what to wait for.

#include "net/tls.hpp"

#include <cstddef>
#include <memory>
#include <span>

struct iovec;

namespace parley::net {

enum class io_status { done, wait_read, wait_write, ended, failed };

struct io_result {
  io_status status = io_status::failed;
  std::size_t bytes = 0;
};

class transport {
 public:
  explicit transport(int socket) : socket_(socket) {}
  // False where OpenSSL has no memory.
  bool secure(const tls_context& with);
  bool is_secure() const { return ssl_ != nullptr; }

  io_status handshake();
  io_result read(std::span<char> into);
  // `staging` holds what TLS puts into one record.
  io_result write(std::span<const iovec> pieces, std::span<char> staging);
  void shutdown_send();
  // Bytes that TLS has taken and must be offered again, unchanged.
  std::size_t committed() const { return committed_; }

 private:
  io_status status_of(int returned);
  io_result write_secure(std::span<const iovec> pieces, std::span<char> staging);

  struct closer {
    void operator()(ssl_st* ssl) const;
  };
  int socket_;
  std::unique_ptr<ssl_st, closer> ssl_;
  std::size_t committed_ = 0;
};

} // namespace parley::net
