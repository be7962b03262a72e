#pragma once

// A certificate and its key, ready for connections. TLS 1.2 and 1.3 only.

#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace parley::net {

class tls_context {
 public:
  // Nothing, and the reason in `problem`, where the files cannot be used.
  static std::shared_ptr<tls_context> load(const std::string& certificate, const std::string& key,
                                           std::string& problem);
  ~tls_context();
  tls_context(const tls_context&) = delete;

  ssl_st* open(int socket) const; // for one connection; nullptr where memory is out

 private:
  explicit tls_context(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

} // namespace parley::net
