#pragma once

// What is kept of an idempotent call, so that a repeat gets the first reply: a record of the
// kernel's own collection, written by the call's batch.

#include "storage/engine.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>

namespace parley::dispatch {

inline constexpr std::string_view idempotency_name = "kernel.idempotency";
storage::collection idempotency_collection();

struct kept_reply {
  std::string digest; // of the parameters
  boost::json::value reply;
};

// `seals`: parameters or reply hold what a plugin seals, and are sealed with the account's key.
boost::json::object idempotency_record(const std::string& account, const std::string& key,
                                       const kept_reply& what, const std::string& expires_at,
                                       bool seals);
// Nothing where it was sealed, and the account's key was erased.
std::optional<kept_reply> read_idempotency(const boost::json::object& record);

} // namespace parley::dispatch
