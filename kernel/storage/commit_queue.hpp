#pragma once

// Commits on their way to the driver, in order. One that has something to seal waits until the data
// keys are there, and those behind it wait with it; what all of them need is fetched at the same
// time.

#include "storage/data_keys.hpp"
#include "storage/requests.hpp"

#include <deque>

namespace parley::storage {

class commit_queue {
 public:
  // `keys` empty: there is no master key, and nothing can be sealed.
  commit_queue(std::shared_ptr<mailbox> box, const parley_storage_driver& driver,
               const std::unique_ptr<data_keys>& keys)
      : box_(std::move(box)), driver_(driver), keys_(keys) {}

  void put(std::unique_ptr<pending_commit> what);
  // When everything before it was given to the driver.
  void then(std::function<void()> work);
  // For a commit of this queue, at its end.
  void came_home(const batch_builder& what, const commit_result& result);

 private:
  struct waiting {
    std::unique_ptr<pending_commit> what; // or
    std::function<void()> work;
    batch_builder::keys_by_subject keys{};
    std::size_t fetching = 0; // keys, or rows
    bool knows_subjects = false;
    failure why{};
  };
  using place = std::shared_ptr<waiting>;

  void fetch(const place& of, std::string_view subject);
  void one_less(waiting& of, const failure& why);
  void read_subjects(const place& of);
  void read_subject(const place& of, std::size_t value);
  void go_on();
  void submit(waiting& what);

  const std::shared_ptr<mailbox> box_;
  const parley_storage_driver& driver_;
  const std::unique_ptr<data_keys>& keys_;
  std::deque<place> queue_;
  std::size_t under_way_ = 0; // with the driver
};

} // namespace parley::storage
