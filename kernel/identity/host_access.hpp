#pragma once

// What the service needs of the host that the C interfaces do not give: looking behind the handles
// of another plugin's call. The host implements it (dispatch_access.hpp); tests have their own.

#include "dispatch/gateway.hpp"
#include "parley/abi.h"

#include <boost/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace parley::storage {
class batch;
}

namespace parley::identity {

class host_access {
 public:
  virtual ~host_access() = default;

  // The writes of an open batch, under the full names of collections; nullptr where it has ended.
  virtual storage::batch* writes(parley_batch batch) = 0;
  // Runs the action once the batch is durable, and never where it fails.
  virtual void after_commit(parley_batch batch, std::function<void()> action) = 0;

  // nullptr where the handle has ended.
  virtual const boost::json::value* value(parley_value handle) = 0;

  // An operation of somebody's call, completed exactly once: by one of the two below, or by the
  // host where the call ends first (completing it afterwards does nothing). 0: the call has ended.
  virtual std::uint64_t begin_operation(parley_call call, parley_done done, void* user) = 0;
  virtual void complete(std::uint64_t operation, boost::json::value result) = 0;
  virtual void fail(std::uint64_t operation, const dispatch::error& why) = 0;

  // The request that something happens for, and how many calls and hooks are above.
  struct cause {
    std::string request_id;
    std::string remote;
    std::uint32_t depth = 0;
  };
  // Of the call that opened a batch.
  virtual cause cause_of(parley_batch batch) = 0;

  // Runs a hook point of the manifest in a call of the service's own. `done` may be empty.
  using hook_done = std::function<void(std::optional<dispatch::error>, boost::json::value)>;
  virtual void run_hook(std::string_view name, boost::json::object payload, const cause& from,
                        hook_done done) = 0;
};

} // namespace parley::identity
