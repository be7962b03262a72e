#pragma once

// What is measured: each operation is a request, and what it does `times` times over.

#include <boost/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace parley::bench {

struct operation {
  std::string name;
  std::string method;
  boost::json::object params;
  std::int64_t times = 1; // within one request
};

std::vector<operation> operations();

} // namespace parley::bench
