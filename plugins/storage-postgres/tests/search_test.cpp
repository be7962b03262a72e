// Full text in PostgreSQL: what the suite does not ask for.

#include "places.hpp"

#include "search.hpp"
#include "session.hpp"

#include <gmock/gmock.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace parley::test::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Like items, searched by name and place.
parley_collection notes_with(const std::vector<std::uint32_t>& searched) {
  static const std::string name = "test.notes";
  parley_collection out = suite_collections()[items];
  out.name = {name.data(), name.size()};
  out.searched = searched.data();
  out.searched_count = static_cast<std::uint32_t>(searched.size());
  return out;
}
const std::vector<std::uint32_t> name_and_place{2, 0}, only_name{2}, nothing;
constexpr std::uint32_t notes = 2;

batch said(std::int64_t seq, const std::string& words) {
  batch out;
  out.put(notes, {text("p"), seq, null{}, null{}, null{}, null{}});
  out.words(notes, {text("p"), seq}, {0, 1}, {words, text("vp")});
  return out;
}

class search_in_postgres : public testing::Test {
 protected:
  std::unique_ptr<node> opened(const std::vector<std::uint32_t>& searched) {
    auto out = std::make_unique<node>(settings_);
    EXPECT_EQ(out->store.widen({notes_with(searched)}).error, "");
    return out;
  }
  // The first column of what a session of that kind is answered with.
  std::vector<std::string> asked(storage_postgres::purpose as, storage_postgres::query what) {
    boost::asio::io_context io;
    storage_postgres::connection link(io);
    std::vector<std::string> out;
    const auto ask = [&]() -> boost::asio::awaitable<void> {
      using std::chrono_literals::operator""s;
      EXPECT_EQ(co_await storage_postgres::open_session(link, settings_, as, 10s), "");
      const storage_postgres::result seen = co_await link.run_one(std::move(what), 10s);
      EXPECT_TRUE(seen.ok()) << seen.error();
      for (int i = 0; i < seen.rows(); ++i) out.push_back(seen.text(i, 0));
    };
    boost::asio::co_spawn(io, ask(), boost::asio::detached);
    io.run();
    return out;
  }
  std::vector<std::string> stored_names(const char* sql) {
    return asked(storage_postgres::purpose::read,
                 {sql, storage_postgres::parameters().add(std::string_view(settings_.schema))});
  }
  std::vector<std::string> words_and_indexes() {
    return stored_names(
        "SELECT column_name::text FROM information_schema.columns WHERE table_schema = $1"
        " AND table_name = 'test.notes' AND column_name LIKE '%:words'"
        " UNION SELECT indexname::text FROM pg_indexes WHERE schemaname = $1"
        " AND indexname LIKE 'test.notes:%' ORDER BY 1");
  }

  storage_postgres::settings settings_ = fresh_settings();
};

TEST_F(search_in_postgres, a_phrase_is_found_wherever_it_is_in_a_long_text) {
  const auto one = opened(name_and_place);
  std::string words;
  for (int i = 0; i < 20'000; ++i) words += "w" + std::to_string(i) + " ";
  for (int i = 0; i < 300; ++i) words += "green cup ";
  one->store.commit(said(1, words + "green tea"));
  EXPECT_EQ(one->store.search(notes, {{"green tea"}}).all.size(), 1u);
  EXPECT_EQ(one->store.search(notes, {{"w19998 w19999 gre", {0}, true}}).all.size(), 1u);
  EXPECT_EQ(one->store.search(notes, {{"tea green"}}).all.size(), 0u);
  EXPECT_EQ(one->store.search(notes, {{"w1 w3"}}).all.size(), 0u);
}

TEST_F(search_in_postgres, more_than_a_tsvector_holds_is_stored_and_found_by_its_beginning) {
  const auto one = opened(name_and_place);
  const std::string many(44, 'x');
  std::string words;
  for (int i = 100'000; i < 160'000; ++i) words += many + std::to_string(i) + " ";
  ASSERT_EQ(one->store.commit(said(1, words)).status, PARLEY_OK);
  EXPECT_EQ(one->store.search(notes, {{many + "100000"}}).all.size(), 1u);
  // The word in which the limit falls is not found by its beginning.
  for (std::size_t i = 1; i <= many.size(); ++i) {
    EXPECT_EQ(one->store.search(notes, {{many.substr(0, i)}}).all.size(), 0u);
  }
}

TEST_F(search_in_postgres, a_word_that_no_index_takes_is_refused_and_costs_its_group_nothing) {
  const auto one = opened(name_and_place);
  std::vector<std::future<committed>> all;
  for (std::int64_t i = 0; i < 20; ++i) {
    const std::string words = i == 7 ? std::string(2001, 'x') : "tea " + std::string(2000, 'x');
    all.push_back(one->store.submit(std::make_shared<batch>(said(i, words))));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    const committed seen = all[i].get();
    EXPECT_EQ(seen.status, i == 7 ? PARLEY_E_INVALID : PARLEY_OK) << seen.error;
    if (i == 7) EXPECT_EQ(seen.failed_op, 1u);
  }
  EXPECT_EQ(one->store.search(notes, {{"tea"}}).all.size(), 19u);
}

TEST_F(search_in_postgres, goes_by_one_index_however_many_rows_there_were) {
  const auto one = opened(name_and_place);
  one->store.commit(said(1, "green tea"));
  std::string why;
  const std::vector<parley_collection> given{notes_with(name_and_place)};
  const storage_postgres::layout known = storage_postgres::widened({}, given.data(), 1, why);
  const std::uint32_t in_name[] = {0}, in_place[] = {1};
  const parley_search_term terms[] = {{{"tea", 3}, in_name, 1, 0}, {{"vp", 2}, in_place, 1, 0}};
  storage_postgres::query what = storage_postgres::search_query(
      known, {sizeof(parley_driver_search), 0, terms, 2, 10, 0, 0, nullptr, 0, 0, 0, 0}, 2000);
  what.sql = "EXPLAIN " + what.sql;
  const std::vector<std::string> plan = asked(storage_postgres::purpose::search, std::move(what));
  std::string all;
  for (const std::string& each : plan) all += each + "\n";
  EXPECT_THAT(all, HasSubstr("Bitmap Index Scan on \"test.notes:search:name:words:place:words\""));
  EXPECT_THAT(all, Not(HasSubstr("Seq Scan")));
  EXPECT_THAT(all, Not(HasSubstr("BitmapAnd")));
}

TEST_F(search_in_postgres, so_many_of_the_rows_found_are_compared) {
  settings_.ranked = 10;
  const auto one = opened(name_and_place);
  for (std::int64_t i = 0; i < 25; ++i) one->store.commit(said(i, "tea"));
  const rows first = one->store.search(notes, {{"tea"}}, 6);
  EXPECT_EQ(first.all.size(), 6u);
  EXPECT_TRUE(first.more);
  const rows rest = one->store.search(notes, {{"tea"}}, 6, 6);
  EXPECT_EQ(rest.all.size(), 4u);
  EXPECT_FALSE(rest.more);
}

TEST_F(search_in_postgres, what_no_shape_declares_any_more_goes_when_a_server_starts_alone) {
  auto one = opened(name_and_place);
  one->store.commit(said(1, "green tea"));
  one.reset();
  one = opened(only_name);
  EXPECT_THAT(words_and_indexes(),
              ElementsAre("name:words", "test.notes:by_name", "test.notes:by_size",
                          "test.notes:search:name:words"));
  EXPECT_EQ(one->store.search(notes, {{"tea"}}).all.size(), 1u);
  {
    const auto another = opened(nothing); // which is not alone
    EXPECT_EQ(one->store.search(notes, {{"tea"}}).all.size(), 1u);
  }
  EXPECT_EQ(one->store.widen({notes_with(nothing)}).error, ""); // beside the shape that searches
  EXPECT_EQ(one->store.search(notes, {{"tea"}}).all.size(), 1u);
  one.reset();
  one = opened(nothing);
  EXPECT_THAT(words_and_indexes(), ElementsAre("test.notes:by_name", "test.notes:by_size"));
}

TEST_F(search_in_postgres, another_server_takes_words_away_with_their_row) {
  const auto one = opened(name_and_place);
  const auto another = opened(nothing);
  one->store.commit(said(1, "green tea"));
  another->store.commit(batch().erase(notes, {text("p"), integer(1)}));
  EXPECT_EQ(one->store.search(notes, {{"tea"}}).all.size(), 0u);
  another->store.commit(
      batch().put(notes, {text("p"), integer(1), null{}, null{}, null{}, null{}}));
  EXPECT_EQ(one->store.search(notes, {{"tea"}}).all.size(), 0u);
}

} // namespace
} // namespace parley::test::storage
