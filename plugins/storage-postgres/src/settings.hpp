#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace parley::storage_postgres {

// The plugin's configuration, see plugin.yaml, and where its log lines go.
struct settings {
  std::string url = "postgresql:///parley";
  std::string schema = "parley";
  std::uint32_t connections = 4;
  std::uint32_t search_connections = 2;
  std::uint32_t ranked = 10'000;                   // rows that a search compares, at most
  std::map<std::string, std::uint32_t> partitions; // of new tables, by collection
  std::chrono::milliseconds wait{10'000};          // for a database that is not there
  std::chrono::milliseconds answer{30'000};        // of one that is
  std::vector<std::string> replicas;               // URLs of standbys
  std::chrono::milliseconds replica_lag{5000};     // of those that are asked
  std::function<void(std::int32_t level, const std::string& message)> log; // any thread

  void say(std::int32_t level, const std::string& message) const {
    if (log) log(level, message);
  }
};

} // namespace parley::storage_postgres
