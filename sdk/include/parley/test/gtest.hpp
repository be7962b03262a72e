// For GoogleTest: what a host finds when it ends is a failed expectation of the test.
#ifndef PARLEY_TEST_GTEST_HPP
#define PARLEY_TEST_GTEST_HPP

#include <parley/test/host.hpp>

#include <gtest/gtest.h>

namespace parley::test {

inline const bool tells_gtest = [] {
  on_failure_at_end([](const std::string& what) { ADD_FAILURE() << what; });
  return true;
}();

} // namespace parley::test
#endif
