#include "error_codes.hpp"

namespace parley::documents {

namespace {

// A test holds docs/protocol.md against this.
constexpr error_code table[] = {
    {"bad_json", 400,
     "not JSON, nested deeper than 32, not UTF-8, a name twice, U+0000 or half a surrogate pair; "
     "on the socket 4200 follows"},
    {"bad_frame", 400,
     "JSON, but no frame of this protocol; or a call with the id of one that is not answered yet"},
    {"invalid_params", 400,
     "`field` is missing, unknown, or not as its schema says; in a query also: not UTF-8, U+0000, "
     "a `%` without two hexadecimal digits"},
    {"unauthenticated", 401, "no token, or one that is expired, forged or revoked"},
    {"forbidden", 403, "the account may not do this here"},
    {"not_found", 404, "no such thing, or not for this account"},
    {"unknown_method", 404, "no loaded plugin has this method or route"},
    {"method_not_allowed", 405, "the route exists with another verb"},
    {"request_timeout", 408, "the request did not arrive in time"},
    {"conflict", 409, "something else was changed at the same time; look again"},
    {"idempotency_conflict", 409, "the key was used with other parameters"},
    {"too_large", 413, "body, header or frame over its limit"},
    {"unsupported_media_type", 415, "the body is not application/json"},
    {"too_many_requests", 429, "a limit, such as how often one may call; see `retry_after_ms`"},
    {"cancelled", 0, "the client took the call back; it may or may not have happened"},
    {"internal", 500, "a fault of the server; its log has the details under the request id"},
    {"unavailable", 503, "storage or a plugin cannot serve now, or the server is draining"},
    {"deadline_exceeded", 504,
     "it took too long; it may or may not have happened, so repeat with the same key"},
};

} // namespace

std::span<const error_code> error_codes() {
  return table;
}

unsigned status_of(std::string_view code) {
  for (const error_code& one : table) {
    if (one.code == code && one.status != 0) return one.status;
  }
  return refused_status;
}

} // namespace parley::documents
