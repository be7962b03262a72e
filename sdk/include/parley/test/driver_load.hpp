// A load on a storage driver which remembers what was acknowledged, and finds out later whether all
// of it is there: for tests that cut the power, kill the store, fill its disk.
//
//   load each(seed);
//   each.run(calls(driver.driver()), 1000);  // … and meanwhile something happens to the store
//   each.check(calls(again.driver()));       // throws a failure where anything is lost
#ifndef PARLEY_TEST_DRIVER_LOAD_HPP
#define PARLEY_TEST_DRIVER_LOAD_HPP

#include <parley/test/storage_driver.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace parley::test::storage {

// Every batch appends to topics, and writes rows that say the same: with numbers filled in, counted
// up, put and erased. What a batch holds follows from the seed and its id alone, so a load that ran
// in a process which was killed can be checked in another.
class PARLEY_TEST_API load {
 public:
  struct acknowledged {
    std::int64_t id = 0;
    std::vector<std::int64_t> numbers; // the first of each topic of the batch
  };
  struct tally {
    std::size_t acknowledged = 0, events = 0; // of those
    std::size_t refused = 0;                  // by a condition, as they must be
    std::size_t unavailable = 0;
    std::string why; // the first that was unavailable
  };

  // Ids are never used twice on one store.
  explicit load(std::uint64_t seed, std::int64_t first_id = 1) : seed_(seed), next_(first_id) {}

  // Submits that many more batches to a store that is open with suite_collections(), 32 at a time.
  // Submits none after one that was unavailable. Throws a failure at any other answer. `told` hears
  // of each that was acknowledged, as soon as it is.
  tally run(calls& store, std::size_t batches,
            const std::function<void(const acknowledged&)>& told = {});
  void note(const acknowledged& what); // one that ran elsewhere

  // Whatever was acknowledged is there once and in order; every batch is there whole or not at all;
  // numbers have no gaps; none that was refused left anything.
  void check(calls& store) const;

 private:
  struct shape;
  shape shape_of(std::int64_t id) const;
  batch batch_of(const shape& from) const;

  const std::uint64_t seed_;
  std::int64_t next_;
  std::map<std::int64_t, std::vector<std::int64_t>> acknowledged_; // id → numbers
};

} // namespace parley::test::storage
#endif
