#pragma once

// Gets the data keys that rows take to be read.

#include "storage/data_keys.hpp"
#include "storage/requests.hpp"

#include <set>

namespace parley::storage {

class sealed_reader {
 public:
  using opened = std::function<void(const row_copy&, const unsealer&)>;

  // Both empty: there is no master key, and what is sealed cannot be read.
  sealed_reader(const std::unique_ptr<data_keys>& keys, observe::metrics* measured)
      : keys_(keys), metrics_(measured) {}

  // These call back at once where all keys are in memory. The rows' `why` says where keys could not
  // be read.
  void open(const table& of, row_copy&& rows, const opened& then) const;
  void open_log(row_copy&& rows, std::uint32_t data_column, const opened& then) const;
  // Logs and counts it.
  failure damaged(const problem& why, std::string_view collection) const;

 private:
  void open(const std::set<key_id>& keys, row_copy&& rows, const opened& then) const;

  const std::unique_ptr<data_keys>& keys_;
  observe::metrics* const metrics_;
};

} // namespace parley::storage
