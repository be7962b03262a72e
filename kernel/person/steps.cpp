#include "person/steps.hpp"

#include "dispatch/batches.hpp"
#include "identity/records.hpp"

namespace parley::person {
namespace {

using kind = step::kind;

// Replies to requests that may be repeated hold what was written.
personal_collection repeated_requests() {
  return {std::string(dispatch::idempotency_name),
          {"account", "key"},
          {{"account", fate::erased, {}, true}},
          {},
          {"account", "key"},
          true};
}

} // namespace

std::vector<step> steps_of(verb what, const declared_data& all) {
  const bool erases = what == verb::erase;
  std::vector<step> out{{kind::parts, "earlier exports"}};
  const auto add = [&](const personal_collection& of) {
    out.push_back({kind::collection, of.name, of});
  };
  if (!erases) {
    out.push_back({kind::head, "head"});
    for (const personal_collection& each : all.collections) add(each);
    out.push_back({kind::between, "between"});
    out.push_back({kind::logs, "events"});
    out.push_back({kind::unknown, "other collections"});
    out.push_back({kind::tail, "tail"});
    return out;
  }
  for (const personal_collection& each : all.collections) {
    if (each.name == identity::principals) add(each);
  }
  out.push_back({kind::sessions, "sessions"});
  for (const personal_collection& each : all.collections) {
    if (each.name != identity::principals && each.name != identity::sessions) add(each);
  }
  add(repeated_requests());
  out.push_back({kind::memory, "memory"});
  out.push_back({kind::logs, "events"});
  out.push_back({kind::jobs, "jobs"});
  out.push_back({kind::unknown, "other collections"});
  out.push_back({kind::sessions, "sessions opened meanwhile"});
  out.push_back({kind::keys, "keys"});
  out.push_back({kind::files, "files"});
  return out;
}

} // namespace parley::person
