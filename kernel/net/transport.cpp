#include "net/transport.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace parley::net {

namespace {

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

} // namespace

void transport::closer::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

bool transport::secure(const tls_context& with) {
  ssl_.reset(with.open(socket_));
  return ssl_ != nullptr;
}

io_status transport::status_of(int returned) {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return io_status::wait_read;
    case SSL_ERROR_WANT_WRITE:
      return io_status::wait_write;
    case SSL_ERROR_ZERO_RETURN:
      return io_status::ended;
    default:
      return io_status::failed;
  }
}

io_status transport::handshake() {
  if (!ssl_) return io_status::done;
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_.get());
  return returned == 1 ? io_status::done : status_of(returned);
}

io_result transport::read(std::span<char> into) {
  if (!ssl_) {
    const ssize_t size = ::recv(socket_, into.data(), into.size(), 0);
    if (size > 0) return {io_status::done, static_cast<std::size_t>(size)};
    if (size == 0) return {io_status::ended, 0};
    return {would_block() ? io_status::wait_read : io_status::failed, 0};
  }
  ERR_clear_error();
  std::size_t size = 0;
  const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &size);
  if (returned == 1) return {io_status::done, size};
  return {status_of(returned), 0};
}

io_result transport::write(std::span<const iovec> pieces, std::span<char> staging) {
  if (ssl_) return write_secure(pieces, staging);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  const ssize_t size = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
  if (size >= 0) return {io_status::done, static_cast<std::size_t>(size)};
  return {would_block() ? io_status::wait_write : io_status::failed, 0};
}

// A short SSL_write means a full record, not a full socket.
io_result transport::write_secure(std::span<const iovec> pieces, std::span<char> staging) {
  const char* from = static_cast<const char*>(pieces[0].iov_base);
  std::size_t size = pieces[0].iov_len;
  if (pieces.size() > 1 && size < staging.size()) {
    size = 0;
    for (const iovec& piece : pieces) {
      const std::size_t part = std::min(piece.iov_len, staging.size() - size);
      std::memcpy(staging.data() + size, piece.iov_base, part);
      size += part;
      if (size == staging.size()) break;
    }
    from = staging.data();
  }
  ERR_clear_error();
  std::size_t written = 0;
  const int returned = SSL_write_ex(ssl_.get(), from, size, &written);
  if (returned == 1) {
    committed_ = 0;
    return {io_status::done, written};
  }
  const io_status status = status_of(returned);
  // OpenSSL may have sealed up to one record of it already.
  if (status == io_status::wait_write) committed_ = std::min<std::size_t>(size, 16'384);
  return {status, 0};
}

void transport::shutdown_send() {
  if (ssl_ && SSL_is_init_finished(ssl_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
  }
  ::shutdown(socket_, SHUT_WR);
}

} // namespace parley::net
