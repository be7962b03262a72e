#include "net/status.hpp"

namespace parley::net {

namespace {

struct coded_status {
  std::string_view code;
  unsigned status;
};

constexpr coded_status statuses[] = {
    {"bad_json", 400},
    {"bad_frame", 400},
    {"invalid_params", 400},
    {"unauthenticated", 401},
    {"forbidden", 403},
    {"not_found", 404},
    {"unknown_method", 404},
    {"method_not_allowed", 405},
    {"request_timeout", 408},
    {"conflict", 409},
    {"idempotency_conflict", 409},
    {"too_large", 413},
    {"unsupported_media_type", 415},
    {"too_many_requests", 429},
    {"internal", 500},
    {"unavailable", 503},
    {"deadline_exceeded", 504},
};

} // namespace

unsigned status_of(std::string_view code) {
  for (const coded_status& one : statuses) {
    if (one.code == code) return one.status;
  }
  return 422;
}

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

} // namespace parley::net
