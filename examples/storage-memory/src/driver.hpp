#pragma once

// The C interface of a driver over a store.

#include "dump.hpp"

#include <functional>
#include <memory>

namespace storage_memory {

class driver {
 public:
  // Runs what it is given later, on any thread, in the order in which it was given.
  using later = std::function<void(std::function<void()>)>;

  // A store may be given to one driver after another: it is what lasts.
  driver(std::shared_ptr<store> over, later answer);
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;

  const parley_storage_driver& face() const { return face_; }

 private:
  void answer(rows what, parley_driver_rows_done done, void* user) const;
  void widen(const parley_collection* collections, std::uint32_t count,
             parley_driver_progress progress, parley_driver_rows_done done, void* user);
  void give_next(const std::shared_ptr<dump>& from, parley_driver_rows_done done, void* user) const;
  void commit(const parley_driver_batch& batch, parley_driver_committed done, void* user);

  std::shared_ptr<store> store_;
  later later_;
  parley_storage_driver face_{};
};

} // namespace storage_memory
