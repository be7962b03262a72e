#pragma once

// HTTP/1.1 requests from bytes, by Beast's parser, without a socket.

#include "net/limits.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::net {

struct http_request {
  std::string verb;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers; // names in lower case
  std::string body;
  bool keep_alive = false;
  bool is_http_1_1 = false;

  // The first of that name (lower case), or nullptr.
  const std::string* find(std::string_view name) const;
  // Whether a comma-separated header has this token, ignoring case.
  bool has_token(std::string_view name, std::string_view token) const;
};

// What stands before the next `mark`, without the blanks around it; both are taken off `rest`.
std::string_view next_part(std::string_view& rest, char mark);

class http_reader {
 public:
  enum class state { need_more, complete, malformed, header_too_large, body_too_large };

  explicit http_reader(const limits& by);
  ~http_reader();
  http_reader(const http_reader&) = delete;

  // Takes what it can; `used` says how much. What it left must come again, with more behind it.
  state feed(std::string_view bytes, std::size_t& used);
  bool header_done() const;
  std::size_t body_bytes() const; // that have come
  bool expects_continue() const;  // once the header is done
  http_request take();            // once complete

 private:
  state parse(std::string_view bytes, std::size_t& used);

  struct parser;
  std::unique_ptr<parser> parser_;
};

} // namespace parley::net
