#include <parley/test/gtest.hpp>

using namespace parley::test;

TEST(quotes, keeps_what_people_add) {
  host server({.under_test = PARLEY_UNDER_TEST, .config = {{"most", 2}}});
  auto alice = server.user("alice");
  alice.call("quotes.random").fails_with("not_found");
  alice.call("quotes.add", {{"text", "So it goes."}, {"author", "Vonnegut"}}).ok();
  EXPECT_EQ(alice.call("quotes.random")["author"], "Vonnegut");

  alice.call("quotes.add", {{"text", "Poo-tee-weet?"}, {"author", "Vonnegut"}}).ok();
  alice.call("quotes.add", {{"text", "One more."}, {"author", "Anon"}}).fails_with("full");
  EXPECT_EQ(alice.call("quotes.list", {{"author", "Vonnegut"}})["items"].size(), 2u);
  EXPECT_EQ(alice.call("quotes.list", {{"author", "Anon"}})["items"].size(), 0u);
}

TEST(quotes, wants_to_know_who_adds) {
  host server({.under_test = PARLEY_UNDER_TEST});
  server.guest()
      .call("quotes.add", {{"text", "Hello."}, {"author", "Nobody"}})
      .fails_with("unauthenticated");
}
