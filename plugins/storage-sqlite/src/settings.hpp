#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace parley::storage_sqlite {

// The plugin's configuration, see plugin.yaml.
struct settings {
  std::string path = "parley.db";
  std::uint32_t commit_delay_us = 0;
  std::uint32_t readers = 1;
  std::uint32_t cache_mib = 16;
  std::uint32_t check_mib = 2048;
  std::uint32_t spare_mib = 16;
  std::uint32_t ranked_rows = 20'000;

  // Not of the configuration: a line for the log, from any thread.
  std::function<void(std::int32_t level, const std::string& what)> tell = {};
};

} // namespace parley::storage_sqlite
