#pragma once

// Steps of a random sequence: reads and writes on a driver, as data, so that they can be left out
// and shown.

#include "testing/driver_model.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace parley::test::storage {

struct step {
  enum class kind { commit, read, read_log, heads, trim, widen, reopen };
  kind what = kind::commit;
  std::vector<model_op> ops;
  model_read read;
  std::size_t topic = 0;
  std::int64_t after = 0;
  std::uint32_t limit = 1000;
  std::string before;
};

std::vector<step> random_steps(std::uint64_t seed, std::size_t count, bool begins_again);
std::string shown(const step& what);

} // namespace parley::test::storage
