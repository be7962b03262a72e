// What of sealed fields is on the disk, with SQLite: none of it.

#include "storage/expiry.hpp"
#include "storage/sealed_fixture.hpp"

namespace parley::storage {
namespace json = boost::json;
namespace {

class sealed_files : public sealed_fixture {
 protected:
  // How many of the store's files hold the text.
  std::size_t holding(const std::string& text) {
    std::size_t out = 0;
    for (const auto& each : std::filesystem::directory_iterator(place_)) {
      std::ifstream in(each.path(), std::ios::binary);
      const std::string all(std::istreambuf_iterator<char>(in), {});
      if (all.find(text) != std::string::npos) ++out;
    }
    return out;
  }
};

TEST_F(sealed_files, hold_no_plain_text) {
  const std::string mail = "nobody.reads@example.org", secret = "what nobody reads";
  json::object note{{"place", "p"},   {"id", 1},      {"owner", "ann"},  {"title", "what all read"},
                    {"text", secret}, {"mail", mail}, {"list", {secret}}};
  ASSERT_EQ(commit([&](batch& b) {
              b.put("desk.notes", note);
              b.append("room:1", "said", note, "2026-01-01T00:00:00.000Z",
                       {{"text", {"owner", "account:"}},
                        {"mail", {"owner", "account:"}},
                        {"list", {"owner", "account:"}}});
            }).why.message,
            "");
  ASSERT_EQ(patch({"p", 1}, {{"list", {secret, secret}}}).message, "");
  EXPECT_GE(holding("what all read"), 1u); // so the search itself works
  EXPECT_EQ(holding("nobody"), 0u);
  stop();
  EXPECT_GE(holding("what all read"), 1u);
  EXPECT_EQ(holding("nobody"), 0u);
  start();
  open();
  EXPECT_EQ(get({"p", 1}).at("text"), secret.c_str());
}

// A new version lets the other fields be searched: what is stored is read and indexed.
TEST_F(sealed_files, are_searched_beside_what_is_sealed) {
  ASSERT_EQ(put({{"place", "p"},
                 {"id", 1},
                 {"owner", "ann"},
                 {"title", "green tea"},
                 {"text", "what nobody reads"}})
                .message,
            "");
  ASSERT_EQ(put({{"place", "p"}, {"id", 2}, {"owner", "ann"}, {"text", "x"}}).message, "");
  set_raw({"p", 2}, "text", "AAAA"); // is in nobody's way
  collection next = notes();
  next.version = 2;
  next.search_on = {"title"};
  ASSERT_EQ(wait_for<failure>([&](auto done) { engine_->widen({next}, {}, done); }).message, "");
  ASSERT_EQ(patch({"p", 1}, {{"text", "what nobody reads now"}}).message, "");
  search_query what;
  what.text = "tea";
  const auto hits = wait_for<std::vector<search_hit>>([&](auto done) {
    engine_->search("desk.notes", what, {},
                    [done](const failure& why, std::vector<search_hit> found, bool) {
                      EXPECT_EQ(why.message, "");
                      done(std::move(found));
                    });
  });
  ASSERT_EQ(hits.size(), 1u);
  EXPECT_EQ(hits[0].record.at("text"), "what nobody reads now");
  EXPECT_EQ(holding("nobody"), 0u);
}

TEST_F(sealed_files, expire_whatever_was_done_to_them) {
  collection due = notes();
  due.name = "desk.due";
  due.expires = "title";
  index_expiry(due);
  ASSERT_EQ(wait_for<failure>([&](auto done) { engine_->widen({due}, {}, done); }).message, "");
  const json::object note{
      {"place", "p"}, {"id", 1}, {"owner", "ann"}, {"title", "2020-01-01"}, {"text", "x"}};
  ASSERT_EQ(commit([&](batch& b) { b.put("desk.due", note); }).why.message, "");
  EXPECT_EQ(get({"p", 1}, "desk.due"), note);
  set_raw(as_stored(due, 3), {"p", 1}, "text", "AAAA");
  std::unique_ptr<expiry> sweeper;
  on_loop([&] {
    sweeper = std::make_unique<expiry>(*engine_, *loop_, clock_, expiry::settings{});
    sweeper->watch({due});
  });
  wait_for<bool>([&](auto done) { sweeper->sweep([done] { done(true); }); });
  on_loop([&] { sweeper.reset(); });
  EXPECT_EQ(get({"p", 1}, "desk.due"), (json::object{{"nothing", true}}));
}

} // namespace
} // namespace parley::storage
