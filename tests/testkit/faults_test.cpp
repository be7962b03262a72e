// Every fault, around messages that are sent.

#include <parley/test/gtest.hpp>

namespace parley::test {
namespace {

using namespace std::chrono_literals;

value say(const value& room, const char* text) {
  return {{"conversation", room["id"]}, {"id", text}, {"text", text}};
}

TEST(faults, a_send_happens_once_or_not_at_all) {
  std::set<std::string> happened;
  const std::size_t ran = under_each_fault({.under_test = TEST_MESSAGING}, [&](host& server) {
    auto alice = server.user("alice"), bob = server.user("bob");
    const reply made = alice.call("messaging.direct", {{"account", bob.id()}});
    if (!made.went_well()) return;
    const value room = made.ok();
    reply sent = alice.call("messaging.send", say(room, "hello"));
    for (int tries = 0; !sent.went_well() && tries < 3; ++tries) { // what a client does
      server.advance(2min);
      if (!alice.connected()) alice.reconnects();
      sent = alice.call("messaging.send", say(room, "hello"));
    }
    sent.ok();
    const reply history = bob.call("messaging.history", {{"conversation", room["id"]}});
    if (!history.went_well()) return;
    EXPECT_EQ(history["items"].size(), 1u);
    server.advance(6min); // what was stuck is not any more
    bob.reconnects();
    bob.receives("message.created").with("text", "hello");
    bob.receives_no("message.created");
  });
  EXPECT_GT(ran, 2 * faults().size());
}

TEST(faults, happen_at_the_occasion_they_are_told) {
  host server({.under_test = TEST_MESSAGING});
  auto alice = server.user("alice"), bob = server.user("bob");
  const value room = alice.call("messaging.direct", {{"account", bob.id()}}).ok();
  server.inject("commit-unavailable", 2);
  alice.call("messaging.send", say(room, "one")).ok();
  EXPECT_FALSE(server.injected());
  alice.call("messaging.send", say(room, "two")).fails_with("unavailable");
  EXPECT_TRUE(server.injected());
  alice.call("messaging.send", say(room, "two")).ok();

  server.inject("hook-fails");
  alice.call("messaging.send", say(room, "three")).fails_with("unavailable");
  server.inject("hook-stuck");
  alice.call("messaging.send", say(room, "four")).fails_with("unavailable");
  server.inject("commit-stuck");
  alice.call("messaging.send", say(room, "five")).fails_with("deadline_exceeded");
  server.advance(6min);
  bob.receives("message.created").with("text", "one");
}

} // namespace
} // namespace parley::test
