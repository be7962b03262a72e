#include "dispatch/call.hpp"

namespace parley::dispatch {

namespace {

struct named_status {
  parley_status status;
  const char* code;
  const char* message;
  bool temporary;
};

constexpr named_status names[] = {
    {PARLEY_E_INVALID, "invalid_params", "A parameter is not as it should be.", false},
    {PARLEY_E_NOT_FOUND, "not_found", "There is no such thing here.", false},
    {PARLEY_E_FORBIDDEN, "forbidden", "You may not do this here.", false},
    {PARLEY_E_CONFLICT, "conflict", "Something else was changed at the same time; look again.",
     true},
    {PARLEY_E_DEADLINE, "deadline_exceeded",
     "It took too long. It may or may not have happened: repeat it with the same key.", true},
    {PARLEY_E_CANCELLED, "unavailable", "The call was cancelled; try again.", true},
    {PARLEY_E_UNAVAILABLE, "unavailable", "This cannot be served now; try again later.", true},
    {PARLEY_E_LIMIT, "too_many_requests", "A limit was reached.", true},
    {PARLEY_E_FAILED, "internal", "Something went wrong in the server; its log has the details.",
     false},
    {PARLEY_E_REFUSED, "refused", "A plugin refused this.", false},
    {PARLEY_E_REPEATED, "conflict", "This key was used before.", false},
};

} // namespace

error error_of(parley_status status) {
  for (const named_status& n : names)
    if (n.status == status) return {n.code, n.message, {}, 0, n.temporary};
  return error_of(PARLEY_E_FAILED);
}

parley_status status_of(const error& failure) {
  for (const named_status& n : names)
    if (failure.code == n.code) return n.status;
  return PARLEY_E_REFUSED;
}

boost::json::object to_json(const error& failure, const boost::json::storage_ptr& storage) {
  boost::json::object result(storage);
  result["code"] = failure.code;
  result["message"] = failure.message;
  result["temporary"] = failure.temporary;
  if (!failure.field.empty()) result["field"] = failure.field;
  if (failure.retry_after_ms > 0) result["retry_after_ms"] = failure.retry_after_ms;
  return result;
}

} // namespace parley::dispatch
