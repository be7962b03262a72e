#pragma once

// Numbers that only the commit will give: how a batch speaks of them before.

#include "storage/engine.hpp"

#include <limits>

namespace parley::storage {

// INT64_MIN + (batch << 40) + (offset << 20) + topic: below stand_in_limit. The batch is told apart
// so that a number is never filled in by the commit of another batch.
inline constexpr int stand_in_topic_bits = 20;
inline constexpr int stand_in_offset_bits = 20;
inline constexpr int stand_in_batch_bits = 22;
inline constexpr std::uint32_t stand_in_topics = 1u << stand_in_topic_bits;
inline constexpr std::uint32_t stand_in_offsets = 1u << stand_in_offset_bits;
inline constexpr std::uint32_t stand_in_batches = 1u << stand_in_batch_bits;

constexpr bool is_stand_in(std::int64_t number) {
  return number < stand_in_limit;
}

constexpr std::int64_t stand_in(std::uint32_t batch, parley_next which) {
  return std::numeric_limits<std::int64_t>::min() +
         (std::int64_t{batch} << (stand_in_topic_bits + stand_in_offset_bits)) +
         (std::int64_t{which.offset} << stand_in_topic_bits) + which.topic;
}

// False where the number stands for nothing that this batch, with so many topics, can have given.
constexpr bool read_stand_in(std::int64_t number, std::uint32_t batch, std::size_t topics,
                             parley_next& out) {
  const auto above =
      static_cast<std::uint64_t>(number) + (std::uint64_t{1} << 63); // from the least number on
  out.topic = static_cast<std::uint32_t>(above & (stand_in_topics - 1));
  out.offset = static_cast<std::uint32_t>((above >> stand_in_topic_bits) & (stand_in_offsets - 1));
  return out.topic < topics && above >> (stand_in_topic_bits + stand_in_offset_bits) == batch;
}

} // namespace parley::storage
