#pragma once

// All that was said in a test, for whoever reads why it failed.

#include "parley/test/failure.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::test {

class transcript {
 public:
  explicit transcript(std::uint64_t seed) : seed_(seed) {}

  // From now on the id is written as the name.
  void call_it(std::string id, std::string name) { names_.emplace_back(std::move(id), name); }
  void add(std::string_view line) { lines_.emplace_back(line); }
  std::string text() const;

  // The failure with everything that helps.
  [[noreturn]] void fail(const std::string& sentence, const place& where) const;
  std::string readable(std::string text) const;
  std::string everything(const std::string& sentence) const;

 private:
  std::uint64_t seed_;
  std::vector<std::string> lines_;
  std::vector<std::pair<std::string, std::string>> names_;
};

} // namespace parley::test
