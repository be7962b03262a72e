#include "net/upgrade.hpp"

#include "net/socket_session.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace parley::net {

namespace {

bool is_key(const std::string* key) { // base64 of 16 bytes
  if (key == nullptr || key->size() != 24 || !key->ends_with("==")) return false;
  return key->find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") == 22;
}

std::string accept_of(const std::string& key) {
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> hash{};
  if (EVP_Digest(text.data(), text.size(), hash.data(), nullptr, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL cannot compute SHA-1");
  }
  std::array<unsigned char, 29> encoded{};
  const int size = EVP_EncodeBlock(encoded.data(), hash.data(), static_cast<int>(hash.size()));
  return std::string(reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size));
}

} // namespace

std::optional<dispatch::error> judge_upgrade(const http_request& request, std::string& headers) {
  if (request.verb != "GET") {
    headers = "Allow: GET\r\n";
    return dispatch::error{"method_not_allowed", "A WebSocket begins with GET."};
  }
  if (!request.is_http_1_1 || !request.has_token("upgrade", "websocket") ||
      !request.has_token("connection", "upgrade")) {
    return dispatch::error{"bad_frame", "Open this address as a WebSocket."};
  }
  const std::string* version = request.find("sec-websocket-version");
  if (version == nullptr || *version != "13") {
    headers = "Sec-WebSocket-Version: 13\r\n";
    return dispatch::error{"bad_frame", "Only version 13 of WebSocket is spoken here."};
  }
  if (!is_key(request.find("sec-websocket-key"))) {
    return dispatch::error{"bad_frame", "Sec-WebSocket-Key must be 16 bytes in base64."};
  }
  if (!request.has_token("sec-websocket-protocol", "parley.v1")) {
    return dispatch::error{"bad_frame", "Ask for the subprotocol `parley.v1`."};
  }
  return std::nullopt;
}

std::string upgrade_reply(const std::string& key, const std::optional<deflate_agreement>& deflate) {
  std::string out =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_of(key) + "\r\nSec-WebSocket-Protocol: parley.v1\r\n";
  if (deflate) out += "Sec-WebSocket-Extensions: " + deflate->header + "\r\n";
  return out + "\r\n";
}

std::unique_ptr<protocol> make_socket_session(connection& on, bool deflates) {
  return std::make_unique<socket_session>(on, deflates);
}

} // namespace parley::net
