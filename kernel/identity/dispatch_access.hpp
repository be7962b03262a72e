#pragma once

// host_access over the running server.

#include "identity/host_access.hpp"

namespace parley::dispatch {
class calls;
class hooks;
struct instance;
} // namespace parley::dispatch

namespace parley::identity {

class dispatch_access final : public host_access {
 public:
  // Outlives no part of it. Before `attach` no hook runs.
  explicit dispatch_access(dispatch::calls& all) : calls_(all) {}
  // `identity`: the built-in plugin, whose hook points they are.
  void attach(dispatch::hooks& points, dispatch::instance& identity);

  storage::batch* writes(parley_batch batch) override;
  void after_commit(parley_batch batch, std::function<void()> action) override;
  const boost::json::value* value(parley_value handle) override;
  cause cause_of(parley_batch batch) override;
  std::uint64_t begin_operation(parley_call call, parley_done done, void* user) override;
  void complete(std::uint64_t operation, boost::json::value result) override;
  void fail(std::uint64_t operation, const dispatch::error& why) override;
  void run_hook(std::string_view name, boost::json::object payload, const cause& from,
                hook_done done) override;
  // What a client says that it has, for session.acknowledged.
  void acknowledged(const dispatch::session& by, const dispatch::cursors& have);

 private:
  dispatch::calls& calls_;
  dispatch::hooks* hooks_ = nullptr;
  dispatch::instance* identity_ = nullptr;
};

} // namespace parley::identity
