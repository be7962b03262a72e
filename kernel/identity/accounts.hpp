#pragma once

// Accounts in the store.

#include "env/env.hpp"
#include "identity/records.hpp"
#include "storage/engine.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace parley::identity {

class accounts {
 public:
  accounts(storage::engine& store, const env::clock& clock, env::random& random)
      : store_(store), clock_(clock), random_(random) {}

  // Adds a new account to a batch, and fills in its id. A taken name makes the commit a conflict.
  storage::failure create(storage::batch& writes, account_record& account);

  // Nothing, without a failure, where there is none.
  using got = std::function<void(storage::failure, std::optional<account_record>)>;
  void get(std::string_view id, got done);
  void get_by_name(std::string_view name, got done);

  // Those whose name begins with `prefix`, in the order of their names.
  using found = std::function<void(storage::failure, std::vector<account_record>, bool more)>;
  void find(std::string_view prefix, std::uint32_t limit, found done);

  // The account of a plugin's bot: made the first time, the same ever after. `problem` is empty
  // where it went well.
  using ensured = std::function<void(std::string account, std::string problem)>;
  void ensure_bot(std::string plugin, std::string name, std::string display_name, ensured done);

 private:
  void make_bot(account_record bot, ensured done);
  void rename_bot(const account_record& bot, const std::string& display_name, ensured done);

  storage::engine& store_;
  const env::clock& clock_;
  env::random& random_;
};

} // namespace parley::identity
