#pragma once

// Between HTTP and the raw routes of plugins, see draft/http_route.h.

#include "net/rest.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace parley::net {

// What the plugin's handler gets.
boost::json::value route_input(const http_request& request, const request_target& to,
                               const text_parameters& path, std::string_view remote);

struct route_answer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string headers; // each with its line end
  std::string body;
};
// What it finished with, as JSON text. Nothing where it is not as it should be.
std::optional<route_answer> route_reply(std::string_view result);

} // namespace parley::net
