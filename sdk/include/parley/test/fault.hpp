// What can go wrong around a plugin, by name.
//
//   server.inject("commit-conflict");        at the next occasion
//   server.inject("commit-unavailable", 3);  at the third from now on
//
// Or all of it, at every occasion that a conversation offers:
//
//   parley::test::under_each_fault({.under_test = "build/plugins/notes"}, [](host& server) {
//     auto alice = server.user("alice");
//     if (!alice.call("notes.add", {{"text", "hello"}}).went_well()) return;
//     EXPECT_EQ(alice.call("notes.list").ok()["items"].size(), 1u);
//   });
#ifndef PARLEY_TEST_FAULT_HPP
#define PARLEY_TEST_FAULT_HPP

#include <parley/test/failure.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

class host;
struct options;

struct fault {
  std::string_view name;
  std::string_view what; // one sentence, for people
};

// All that there are. Names stay; more may come.
PARLEY_TEST_API const std::vector<fault>& faults();

// Runs `talk` with a new host for each fault and each occasion for it, until there is none left or
// `most` were tried. Throws what `talk` throws, with the fault's name in front; also where the host
// does not end well. How often it ran.
PARLEY_TEST_API std::size_t under_each_fault(const options& with,
                                             const std::function<void(host&)>& talk,
                                             unsigned most = 50);

} // namespace parley::test
#endif
