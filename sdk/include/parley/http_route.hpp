#pragma once

// Raw HTTP routes (draft, see draft/http_route.h). A plugin's constructor provides each that its
// manifest declares under `routes`:
//
//   shop() { parley::provide_route<&shop::paid>("paid", *this); }
//   task<http_response> paid(call& c, http_request request);

#include "parley/draft/http_route.h"
#include "parley/plugin.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

using http_fields = std::vector<std::pair<std::string, std::string>>;

class http_request {
 public:
  std::string method, path, body, remote;
  bool base64 = false;                // what `body` is in, where it is not UTF-8
  http_fields params, query, headers; // names of headers in lower case

  // Empty where there is none of that name.
  static std::string_view find(const http_fields& in, std::string_view name) {
    for (const auto& [each, value] : in) {
      if (each == name) return value;
    }
    return {};
  }
  std::string_view param(std::string_view name) const { return find(params, name); }
  std::string_view header(std::string_view name) const { return find(headers, name); }
};

class http_response {
 public:
  explicit http_response(int the_status, std::string the_body = {})
      : status(the_status), body(std::move(the_body)) {}
  int status;
  std::string body;
  bool base64 = false;
  http_fields headers; // `content-type` among them
};

inline parley_slot encode(const arena& a, const http_response& in) {
  std::vector<parley_str> names;
  std::vector<parley_slot> values;
  for (const auto& [name, text] : in.headers) {
    names.push_back(to_c(name));
    values.push_back(encode(a, text));
  }
  parley_value headers = 0;
  check(a.host().values->object(a.handle(), names.data(), values.data(),
                                static_cast<uint32_t>(names.size()), &headers),
        "building headers");
  return make_object(a, "status", std::int64_t{in.status}, "headers", value(a.host(), headers),
                     "body", in.body, "base64", in.base64)
      .slot();
}

namespace detail {

inline http_fields fields_of(const value& object) {
  http_fields out;
  for (const auto& [name, each] : object.members()) out.emplace_back(name, each.text());
  return out;
}

template <auto Handler>
struct route_start;
template <class Self, task<http_response> (Self::*Handler)(call&, http_request)>
struct route_start<Handler> {
  using self = Self;
  static task<parley_value> begin(Self& plugin, call& c, parley_value input) {
    const value from(c.host(), input);
    http_request request;
    request.method = from["method"].text();
    request.path = from["path"].text();
    request.body = from["body"].text();
    request.remote = from["remote"].text();
    request.base64 = from["base64"].boolean();
    request.params = fields_of(from["params"]);
    request.query = fields_of(from["query"]);
    request.headers = fields_of(from["headers"]);
    return to_result(c, (plugin.*Handler)(c, std::move(request)));
  }
};

} // namespace detail

// [init]
template <auto Handler>
void provide_route(std::string_view name, typename detail::route_start<Handler>::self& plugin) {
  const host& on = plugin.host();
  const parley_status status = on.calls->provide(
      on.raw, PARLEY_ROUTE, to_c(name), &detail::enter<detail::route_start<Handler>>, &plugin);
  if (status != PARLEY_OK) {
    throw error(PARLEY_E_FAILED, {},
                "the manifest does not declare the route " + std::string(name));
  }
}

} // namespace parley
