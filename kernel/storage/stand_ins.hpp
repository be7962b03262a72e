#pragma once

// Numbers that only the commit will give: how a batch speaks of them before.

#include "storage/engine.hpp"

#include <limits>

namespace parley::storage {

// INT64_MIN + (offset << 20) + topic: below stand_in_limit as long as offsets are below 2^42.
inline constexpr int stand_in_topic_bits = 20;
inline constexpr std::uint32_t stand_in_topics = 1u << stand_in_topic_bits;

constexpr bool is_stand_in(std::int64_t number) {
  return number < stand_in_limit;
}

constexpr std::int64_t stand_in(parley_next which) {
  return std::numeric_limits<std::int64_t>::min() +
         (std::int64_t{which.offset} << stand_in_topic_bits) + which.topic;
}

// False where the number stands for nothing that a batch with so many topics can have given.
constexpr bool read_stand_in(std::int64_t number, std::size_t topics, parley_next& out) {
  const auto above =
      static_cast<std::uint64_t>(number) + (std::uint64_t{1} << 63); // from the least number on
  const std::uint64_t offset = above >> stand_in_topic_bits;
  out.topic = static_cast<std::uint32_t>(above & (stand_in_topics - 1));
  out.offset = static_cast<std::uint32_t>(offset);
  return out.topic < topics && offset <= std::numeric_limits<std::uint32_t>::max();
}

} // namespace parley::storage
