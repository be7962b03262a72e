#pragma once

// Which fault is to happen when.

#include "parley/test/fault.hpp"

#include <string>
#include <string_view>

namespace parley::test {

class fault_plan {
 public:
  void arm(std::string_view fault, unsigned nth) {
    armed_ = fault;
    left_ = nth;
    happened_ = false;
  }
  std::string_view armed() const { return armed_; }
  bool happened() const { return happened_; }
  // While the kit does something of its own.
  void pause(bool on) { paused_ = on; }

  // To be asked at every occasion for it: true at the one that it was armed for.
  bool now(std::string_view fault) {
    if (paused_ || armed_ != fault || left_ == 0 || --left_ > 0) return false;
    happened_ = true;
    return true;
  }

 private:
  std::string armed_;
  unsigned left_ = 0; // occasions until it happens, that one included
  bool happened_ = false;
  bool paused_ = false;
};

} // namespace parley::test
