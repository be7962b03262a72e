#include "net/http_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>

namespace parley::net {

namespace http = boost::beast::http;

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

} // namespace

std::string_view next_part(std::string_view& rest, char mark) {
  const std::size_t end = std::min(rest.find(mark), rest.size());
  const std::string_view out = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

const std::string* http_request::find(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return &value;
  }
  return nullptr;
}

bool http_request::has_token(std::string_view name, std::string_view token) const {
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    std::string_view rest = value;
    while (!rest.empty())
      if (same(next_part(rest, ','), token)) return true;
  }
  return false;
}

struct http_reader::parser {
  http::request_parser<http::string_body> beast;
  bool judged = false; // its header
};

namespace {

// Beast takes a coding that it does not know for no body at all, and the last of two names for
// either: a proxy in front may see the requests end elsewhere (RFC 9112, 3.2 and 6.1).
bool is_ambiguous(const http::request<http::string_body>& message) {
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() >= 11)) return true;
  if (message.count(http::field::authorization) > 1) return true;
  const auto coding = message[http::field::transfer_encoding];
  return message.count(http::field::transfer_encoding) > 0 &&
         (message.version() != 11 || !same({coding.data(), coding.size()}, "chunked"));
}

} // namespace

http_reader::http_reader(const limits& by) : parser_(std::make_unique<parser>()) {
  parser_->beast.eager(true);
  parser_->beast.header_limit(by.header_bytes);
  parser_->beast.body_limit(by.body_bytes);
}

http_reader::~http_reader() = default;

http_reader::state http_reader::feed(std::string_view bytes, std::size_t& used) {
  const state read = parse(bytes, used);
  if (parser_->judged || !header_done()) return read;
  parser_->judged = true;
  return is_ambiguous(parser_->beast.get()) ? state::malformed : read;
}

http_reader::state http_reader::parse(std::string_view bytes, std::size_t& used) {
  used = 0;
  auto& beast = parser_->beast;
  while (!beast.is_done() && used < bytes.size()) {
    boost::system::error_code failed;
    const std::size_t took =
        beast.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), failed);
    used += took;
    if (failed == http::error::need_more) return state::need_more;
    if (failed == http::error::header_limit) return state::header_too_large;
    if (failed == http::error::body_limit) return state::body_too_large;
    if (failed) return state::malformed;
    if (took == 0) break;
  }
  return beast.is_done() ? state::complete : state::need_more;
}

bool http_reader::header_done() const {
  return parser_->beast.is_header_done();
}

std::size_t http_reader::body_bytes() const {
  return parser_->beast.get().body().size();
}

bool http_reader::expects_continue() const {
  return same(std::string_view(parser_->beast.get()[http::field::expect].data(),
                               parser_->beast.get()[http::field::expect].size()),
              "100-continue");
}

http_request http_reader::take() {
  auto message = parser_->beast.release();
  http_request made;
  made.verb.assign(message.method_string().data(), message.method_string().size());
  made.target.assign(message.target().data(), message.target().size());
  made.keep_alive = message.keep_alive();
  made.is_http_1_1 = message.version() == 11;
  for (const auto& field : message) {
    std::string name(field.name_string().data(), field.name_string().size());
    std::transform(name.begin(), name.end(), name.begin(), lower);
    made.headers.emplace_back(std::move(name),
                              std::string(field.value().data(), field.value().size()));
  }
  made.body = std::move(message.body());
  return made;
}

} // namespace parley::net
