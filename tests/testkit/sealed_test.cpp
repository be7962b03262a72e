// Sealed fields in the kit: nothing to configure, and every fault around them.

#include <parley/test/gtest.hpp>

namespace parley::test {
namespace {

using namespace std::chrono_literals;

const options letters{.under_test = TEST_LETTERS, .plugins = {"messaging"}};

TEST(sealed, works_without_a_word_of_configuration) {
  host server(letters);
  auto alice = server.user("alice");
  const value kept =
      alice.call("letters.keep", {{"id", "l1"}, {"text", "hello"}, {"mail", "a@b.c"}}).ok();
  EXPECT_EQ(kept["text"], value("hello"));
  alice.receives("letter.kept").with("text", "hello");
  EXPECT_EQ(alice.call("letters.keep", {{"id", "l1"}, {"text", "hello"}, {"mail", "a@b.c"}}).ok(),
            kept);
  alice.call("letters.keep", {{"id", "l1"}, {"text", "other"}}).fails_with("idempotency_conflict");
  alice.call("letters.change", {{"id", "l1"}, {"text", "changed"}}).ok();
  server.restart();
  EXPECT_EQ(alice.call("letters.get", {{"id", "l1"}}).ok()["text"], value("changed"));
  EXPECT_EQ(alice.call("letters.find", {{"mail", "a@b.c"}}).ok()["items"].size(), 1u);
  EXPECT_EQ(alice.call("letters.find", {{"mail", "b@b.c"}}).ok()["items"].size(), 0u);
}

TEST(sealed, who_was_away_gets_it_opened) {
  host server(letters);
  auto alice = server.user("alice");
  alice.disconnects();
  auto laptop = server.user("alice");
  laptop.call("letters.keep", {{"id", "l1"}, {"text", "hello"}}).ok();
  alice.reconnects();
  alice.receives("letter.kept").with("text", "hello");
}

TEST(sealed, a_letter_is_kept_once_or_not_at_all) {
  const std::size_t ran = under_each_fault(letters, [&](host& server) {
    auto alice = server.user("alice");
    reply kept = alice.call("letters.keep", {{"id", "l1"}, {"text", "hello"}, {"mail", "a@b.c"}});
    for (int tries = 0; !kept.went_well() && tries < 3; ++tries) { // what a client does
      server.advance(2min);
      if (!alice.connected()) alice.reconnects();
      kept = alice.call("letters.keep", {{"id", "l1"}, {"text", "hello"}, {"mail", "a@b.c"}});
    }
    kept.ok();
    const bool changed =
        alice.call("letters.change", {{"id", "l1"}, {"text", "changed"}}).went_well();
    server.advance(6min); // what was stuck is not any more
    alice.reconnects();
    const reply found = alice.call("letters.find", {{"mail", "a@b.c"}});
    if (!found.went_well()) return;
    ASSERT_EQ(found["items"].size(), 1u);
    const value text = found["items"][0]["text"];
    // One whose answer was lost may have happened.
    EXPECT_TRUE(text == value("changed") || (text == value("hello") && !changed));
    alice.receives("letter.kept").with("text", "hello");
    alice.receives_no("letter.kept");
  });
  EXPECT_GT(ran, 2 * faults().size());
}

} // namespace
} // namespace parley::test
