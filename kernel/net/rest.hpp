#pragma once

// From an HTTP request to a method's parameters, and from errors to statuses.

#include "dispatch/gateway.hpp"
#include "dispatch/registry.hpp"
#include "net/http_reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::net {

struct request_target {
  std::string path; // decoded
  std::vector<std::string> segments;
  std::vector<std::pair<std::string, std::string>> query;
  std::optional<dispatch::error> fault; // of the query: escapes, UTF-8, U+0000
};

// Nothing where it is not a path of valid escapes and UTF-8.
std::optional<request_target> read_target(std::string_view target);

using text_parameters = std::vector<std::pair<std::string, std::string>>;

// Fills `out`, an object, from path, query and body. What is text becomes what the method's schema
// wants, where it can; the validator judges the rest.
std::optional<dispatch::error> collect_parameters(const dispatch::method& target,
                                                  const text_parameters& path,
                                                  const text_parameters& query,
                                                  const http_request& request,
                                                  boost::json::value& out);

// Checks against the method's schema, and fills in defaults.
std::optional<dispatch::error> check_parameters(const dispatch::method& target,
                                                boost::json::value& params);

// Whether this session may know of the method at all.
bool may_see(const dispatch::method& target, const dispatch::session& who);

const dispatch::session_ptr& anonymous();

} // namespace parley::net
