// A test that failed: thrown by every part of the kit, whatever test framework catches it.
#ifndef PARLEY_TEST_FAILURE_HPP
#define PARLEY_TEST_FAILURE_HPP

#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

#define PARLEY_TEST_API __attribute__((visibility("default")))

namespace parley::test {

// Where the test says something: taken by itself.
using here = std::source_location;
class place {
 public:
  place(here from) : file_(from.file_name()), line_(from.line()) {}
  place(std::string file, unsigned line) : file_(std::move(file)), line_(line) {}
  std::string text() const { return file_ + ":" + std::to_string(line_); }

 private:
  std::string file_;
  unsigned line_;
};

// what() has the place, the sentence, all that was said so far, and the seed that repeats it.
class PARLEY_TEST_API failure : public std::runtime_error {
 public:
  failure(std::string sentence, const std::string& everything)
      : std::runtime_error(everything), sentence_(std::move(sentence)) {}
  const std::string& sentence() const { return sentence_; } // the first line of it

 private:
  std::string sentence_;
};

// What is wrong when a host ends and nobody called `stop`: a destructor cannot throw. The default
// writes it to standard error and ends the process; gtest.hpp makes it a failed expectation.
PARLEY_TEST_API void on_failure_at_end(void (*tell)(const std::string& what));

} // namespace parley::test
#endif
