#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstring>
#include <string_view>

namespace parley::net {

namespace {

// The first of what OpenSSL has queued is the cause; the others say who passed it on.
std::string first_reason() {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "unknown reason";
}

// A server asks nobody, and does not wait at a prompt. Notes that there was something to ask.
int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

int choose_http1(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                 unsigned in_size, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, ours, 9, in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // Buffers only while in use: an idle connection costs half. The other two let the queue decide
  // anew, after each short write, what to offer.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, choose_http1, nullptr);
}

} // namespace

std::shared_ptr<tls_context> tls_context::load(const std::string& certificate,
                                               const std::string& key, std::string& problem) {
  ERR_clear_error();
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) {
    problem = "OpenSSL cannot start: " + first_reason();
    return nullptr;
  }
  std::shared_ptr<tls_context> made(new tls_context(context));
  configure(context);
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    problem = certificate + " cannot be used as a certificate: " + first_reason();
    return nullptr;
  }
  bool asked = false;
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const std::string reason = first_reason();
    problem = key + " cannot be used as the key of " + certificate + ": " +
              (asked ? "it is encrypted; write one without a passphrase" : reason);
    return nullptr;
  }
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  return made;
}

tls_context::~tls_context() {
  SSL_CTX_free(context_);
}

ssl_st* tls_context::open(int socket) const {
  SSL* ssl = SSL_new(context_);
  if (ssl == nullptr) return nullptr;
  if (SSL_set_fd(ssl, socket) != 1) {
    SSL_free(ssl);
    return nullptr;
  }
  SSL_set_accept_state(ssl);
  return ssl;
}

} // namespace parley::net
