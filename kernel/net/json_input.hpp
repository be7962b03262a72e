#pragma once

// JSON from clients: stricter than Boost.JSON by itself, and the texts that answer it.

#include "dispatch/gateway.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>

namespace parley::net {

// Not deeper than 32, UTF-8, each name once in an object, no U+0000 in strings. False with a
// sentence.
bool parse_strict(std::string_view text, boost::json::storage_ptr storage, boost::json::value& out,
                  std::string& problem);

// The same for the same value, whatever the order of names: 64 hexadecimal digits.
std::string digest_of(const boost::json::value& value);

std::string to_json(const dispatch::error& failure);
// The same with what RFC 9457 wants besides; `type` is left out: the status and `code` say it all.
std::string to_problem(const dispatch::error& failure, unsigned status);
// Of a text: 64 hexadecimal digits.
std::string hash_of(std::string_view text);
void append_quoted(std::string& out, std::string_view text);

} // namespace parley::net
