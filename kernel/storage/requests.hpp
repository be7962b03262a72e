#pragma once

// What is on its way to the driver and back. Each holds the arguments until the driver is done, and
// comes home as a letter.

#include "storage/batch.hpp"
#include "storage/mailbox.hpp"
#include "storage/words.hpp"

#include <map>

namespace parley::storage {

class commit_queue;

class pending : public letter {
 public:
  explicit pending(std::shared_ptr<mailbox> box) : box_(std::move(box)) {}

 protected:
  const std::shared_ptr<mailbox>& box() const { return box_; }
  // The driver owns the request from `release` on; its completion takes it back.
  static void send_home(pending* self) {
    const std::shared_ptr<mailbox> box = self->box_;
    box->put(std::unique_ptr<letter>(self));
  }

 private:
  std::shared_ptr<mailbox> box_;
};

class pending_commit final : public pending {
 public:
  pending_commit(std::shared_ptr<mailbox> box, std::unique_ptr<batch> what, engine::committed done);
  // Gives it to the driver, or home at once where the batch is broken.
  static void submit(std::unique_ptr<pending_commit> self, const parley_storage_driver& driver);
  // Home without the driver.
  static void refuse(std::unique_ptr<pending_commit> self, failure why);
  void deliver() override;

  batch_builder& builder() { return *what_; }
  // Told when it is home, before its caller is. Outlives it.
  void tell(commit_queue& queue) { queue_ = &queue; }

 private:
  void take(const parley_driver_commit_result& from); // the driver's thread

  std::unique_ptr<batch_builder> what_;
  commit_queue* queue_ = nullptr;
  parley_driver_batch view_{};
  engine::committed done_;
  commit_result result_;
};

// Rows as the driver lent them, copied: JSON is made on the logic loop, in the caller's arena.
class row_copy {
 public:
  void take(const parley_driver_rows& from);

  failure why;
  bool more = false;
  std::uint32_t count = 0;
  std::uint32_t columns = 0;
  const parley_cell* row(std::uint32_t at) const {
    return cells_.data() + std::size_t{at} * columns;
  }

 private:
  std::vector<parley_cell> cells_;
  std::vector<char> texts_; // does not move when the copy does
};

// Anything that ends in rows. `arguments` is what the driver reads meanwhile.
template <typename Arguments>
class pending_rows final : public pending {
 public:
  using finish = std::function<void(row_copy&&)>;
  pending_rows(std::shared_ptr<mailbox> box, finish done)
      : pending(std::move(box)), done_(std::move(done)) {}

  Arguments arguments;

  // Home without the driver.
  static void refuse(std::unique_ptr<pending_rows> self, failure why) {
    self->rows_.why = std::move(why);
    send_home(self.release());
  }
  // For the driver, with the request as `user`.
  static void completed(void* user, const parley_driver_rows* rows) {
    auto* self = static_cast<pending_rows*>(user);
    self->rows_.take(*rows);
    send_home(self);
  }
  void deliver() override { done_(std::move(rows_)); }

 private:
  finish done_;
  row_copy rows_;
};

struct range_arguments {
  std::array<std::byte, 512> first_memory;
  std::pmr::monotonic_buffer_resource memory{first_memory.data(), first_memory.size()};
  parley_driver_read read{};
  // Checks the query and fills in `read`.
  problem prepare(const table& of, const query& what);
  problem prepare(const table& of, const boost::json::array& key);
};

struct through_arguments {
  range_arguments by;
  std::array<parley_cell, 2> beyond{};
  parley_driver_through through{};
  // Checks the query and fills in `through`, to rows of `of` by those of `via`.
  problem prepare(const table& of, const table& via, const through_query& what);
};

// Stays where it is while the driver searches.
struct search_arguments {
  std::vector<search_term> terms; // those of the text
  parley_driver_search search{};
  bool is_nothing = false; // whatever is stored, nothing is found
  // Takes the text apart. What whoever typed it may not.
  problem take_text(const search_query& what);
  // Checks the rest of the query against what `of` declares, and fills in `search`, which goes by
  // what `newest` has words of.
  problem prepare(const table& of, const table& newest, const search_query& what);

 private:
  struct term {
    std::string words;
    std::vector<std::uint32_t> places;
    std::uint32_t kind;
  };
  std::vector<term> asked; // the terms, then what the search is narrowed by
  std::vector<parley_search_term> given;
  std::map<std::string, std::int64_t> within;
  std::vector<parley_search_range> ranges;

  static problem find_by(const table& of, const table& newest, std::string_view field,
                         std::uint32_t& at);
  problem add_where(const table& of, const table& newest, const boost::json::object& where);
  problem add_ranges(const table& of, const table& newest, const search_ranges& what);
};

// Whether a driver has one of its functions: those of later versions may be missing.
template <typename Function>
bool has(const parley_storage_driver& driver, Function* const& what) {
  const auto end =
      reinterpret_cast<const char*>(&what + 1) - reinterpret_cast<const char*>(&driver);
  return driver.size >= static_cast<std::size_t>(end) && what != nullptr;
}

// The row of a key, to read one of its cells.
struct row_arguments {
  std::shared_ptr<void> keep; // whose memory the key is in
  parley_driver_read read{};
};

// Whether rows can be found by their words with it.
inline bool can_search(const parley_storage_driver& driver) {
  return has(driver, driver.search);
}

struct log_arguments {
  std::string topic;
  parley_driver_log_read read{};
  problem prepare(std::string_view of, std::int64_t after, std::uint32_t limit);
};

struct head_arguments {
  std::vector<std::string> names;
  std::vector<parley_str> topics;
};

struct text_argument {
  std::string text;
};

struct open_arguments {
  parley_collection collection{};
};

// Collections on their way to the driver, which tells how far it is.
class pending_widen final : public pending {
 public:
  using progressed = std::function<void(const migration_progress&)>;
  using finish = std::function<void(const failure&)>;
  pending_widen(std::shared_ptr<mailbox> box, progressed progress, finish done)
      : pending(std::move(box)), progress_(std::move(progress)), done_(std::move(done)) {}

  static void submit(std::unique_ptr<pending_widen> self,
                     std::vector<std::shared_ptr<const table>> what,
                     const parley_storage_driver& driver);
  void deliver() override { done_(why_); }

 private:
  std::vector<std::shared_ptr<const table>> what_;
  std::vector<parley_collection> declared_;
  progressed progress_;
  finish done_;
  failure why_;
};

inline constexpr std::uint32_t most_rows = 1000;

} // namespace parley::storage
