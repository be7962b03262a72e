#pragma once

#include <cstdint>
#include <string>

namespace parley::storage_sqlite {

// The plugin's configuration, see plugin.yaml.
struct settings {
  std::string path = "parley.db";
  std::uint32_t commit_delay_us = 0;
  std::uint32_t readers = 1;
  std::uint32_t cache_mib = 16;
};

} // namespace parley::storage_sqlite
