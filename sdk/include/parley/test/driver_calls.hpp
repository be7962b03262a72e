// A storage driver called as a test would like to: rows and batches as plain values, waiting for
// the answer.
#ifndef PARLEY_TEST_DRIVER_CALLS_HPP
#define PARLEY_TEST_DRIVER_CALLS_HPP

#include <parley/draft/storage_driver.h>
#include <parley/test/failure.hpp>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace parley::test::storage {

struct next_number {
  std::uint32_t topic = 0, offset = 0;
};
struct pieces { // texts has one more than numbers
  std::vector<std::string> texts;
  std::vector<next_number> numbers;
};
struct null {
  auto operator<=>(const null&) const = default;
};
using value = std::variant<null, std::int64_t, double, std::string, next_number, pieces>;
using row = std::vector<value>;

inline value text(std::string_view from) {
  return std::string(from);
}
inline value integer(std::int64_t from) {
  return from;
}

// A row as read: only null, integers, numbers and texts.
using plain = std::variant<null, std::int64_t, double, std::string>;
using plain_row = std::vector<plain>;

// Keeps what cells point to.
class PARLEY_TEST_API cell_store {
 public:
  const parley_cell* keep(const row& from);

 private:
  parley_cell make(const value& from);
  std::deque<std::vector<parley_cell>> rows_;
  std::deque<std::string> texts_;
  std::deque<std::vector<parley_str>> text_lists_;
  std::deque<std::vector<parley_next>> number_lists_;
  std::deque<parley_pieces> pieces_;
};

class PARLEY_TEST_API batch {
 public:
  batch& put(std::uint32_t collection, row cells);
  batch& patch(std::uint32_t collection, row key, std::vector<std::uint32_t> columns, row cells);
  batch& increment(std::uint32_t collection, row key, std::uint32_t column, std::int64_t by);
  batch& erase(std::uint32_t collection, row key);
  // Places in `searched`, and their words with a blank between.
  batch& words(std::uint32_t collection, row key, std::vector<std::uint32_t> places, row words);
  batch& append(std::string topic, value event, value data, value at);
  batch& make_void(std::string topic, std::int64_t number, std::string event);
  batch& skip(std::string topic, std::int64_t number);
  batch& absent(std::uint32_t collection, row key);
  batch& exists(std::uint32_t collection, row key);
  batch& equal(std::uint32_t collection, row key, std::vector<std::uint32_t> columns, row cells);
  std::uint32_t topic(const std::string& name);
  const parley_driver_batch* view();

 private:
  parley_driver_op& add(std::int32_t kind, std::uint32_t collection);
  cell_store cells_;
  std::deque<std::vector<std::uint32_t>> columns_;
  std::deque<std::string> names_;
  std::vector<parley_str> topics_;
  std::vector<parley_driver_op> ops_;
  parley_driver_batch view_{};
};

struct committed {
  parley_status status = PARLEY_OK;
  std::uint32_t failed_op = 0;
  std::vector<std::int64_t> numbers;
  std::string error;
};

struct rows {
  parley_status status = PARLEY_OK;
  std::vector<plain_row> all;
  bool more = false;
  std::string error;
};

struct progress {
  std::uint32_t collection = 0;
  std::uint64_t done = 0, total = 0;
};

// A piece of a dump.
struct piece {
  std::int32_t kind = 0;
  std::string name;
  std::int64_t head = 0;
  std::vector<std::string> columns;
  std::uint32_t key_count = 0;
  std::vector<plain_row> rows;
  std::uint64_t done = 0, total = 0;
};

struct bounds {
  std::optional<value> lower, upper;
  bool lower_exclusive = false, upper_exclusive = false;
  bool reverse = false;
  std::uint32_t limit = 1000;
  bool may_lag = false;
};

// The rows that lead to others, and what order those are in.
struct through {
  std::int32_t index = -1;
  row prefix;
  std::uint32_t by_column = 0; // of theirs: the key of the row that each leads to
  std::uint32_t order = 0;     // of the rows that are given
  row beyond{};                // order and key, or nothing
  bool reverse = false;
  std::uint32_t limit = 1000;
};

// Words that are found in one of these places of `searched`.
struct term {
  std::string words;
  std::vector<std::uint32_t> places = {0};
  std::uint32_t kind = PARLEY_TERM_PHRASE;
};

// Rows with one of these texts in one column, and in another at least the number that is beside it.
struct ranges {
  std::uint32_t text = 0, from = 0;
  std::map<std::string, std::int64_t> all; // none: any row
};

class PARLEY_TEST_API calls {
 public:
  // `work`: called again and again while something is waited for; for drivers that answer on the
  // thread of the test.
  explicit calls(const parley_storage_driver& driver, std::function<void()> work = {})
      : driver_(driver), work_(std::move(work)) {}

  rows open(const std::vector<parley_collection>& collections);
  std::future<committed> submit(std::shared_ptr<batch> what);
  committed commit(batch what);
  rows read(std::uint32_t collection, std::int32_t index, row prefix, bounds within = {});
  rows search(std::uint32_t collection, const std::vector<term>& terms, std::uint32_t limit = 100,
              std::uint32_t skip = 0, const ranges& within = {}, bool may_lag = false);
  bool can_search() const { return has(driver_.search); }
  // Rows of `collection`, through those of `by`.
  rows read_through(std::uint32_t collection, std::uint32_t by, const through& what);
  bool can_read_through() const { return has(driver_.read_through); }
  // `take` is called on a thread of the driver's; false: enough.
  std::future<rows> begin_to_dump(std::string first, std::function<bool(piece)> take);
  bool can_dump() const { return has(driver_.dump); }
  rows read_log(std::string topic, std::int64_t after, std::uint32_t limit = 1000);
  rows heads(std::vector<std::string> topics);
  rows read_logs(std::string topic, std::int64_t after, std::uint32_t limit = 1000);
  bool can_read_logs() const { return has(driver_.read_logs); }
  rows scrub();
  bool can_scrub() const { return has(driver_.scrub); }
  rows trim_log(std::string before, std::uint32_t limit);
  // What was told of the progress goes to `told`, where that is given.
  rows widen(const std::vector<parley_collection>& collections,
             std::vector<progress>* told = nullptr);
  std::future<rows> begin_to_widen(std::vector<parley_collection> collections,
                                   std::vector<progress>* told = nullptr);
  rows close();
  // What was submitted or begun.
  template <typename Answer>
  Answer await(std::future<Answer> answer) const {
    using namespace std::chrono_literals;
    while (work_ && answer.wait_for(0ms) != std::future_status::ready) {
      work_();
      answer.wait_for(1ms); // where it has a thread besides
    }
    return answer.get();
  }

 private:
  template <typename Begin>
  rows wait_for(Begin begin) const;
  // Those of later versions may be missing.
  template <typename Function>
  bool has(Function* const& what) const {
    const auto end = reinterpret_cast<const char*>(&what + 1);
    const auto size = end - reinterpret_cast<const char*>(&driver_);
    return driver_.size >= static_cast<std::size_t>(size) && what != nullptr;
  }

  const parley_storage_driver& driver_;
  std::function<void()> work_;
};

} // namespace parley::test::storage
#endif
