// What every storage driver must do that can search.

#include "testing/driver_suite.hpp"

#include <algorithm>

namespace parley::test::storage {
namespace {

// What `widen` counts on from the suite's two: like items, found by the words of name and place.
constexpr std::uint32_t notes = 2;
constexpr std::uint32_t in_name = 0, in_place = 1;

std::vector<parley_collection> searched(const std::vector<std::uint32_t>& columns) {
  parley_collection out = suite_collections()[items];
  static const std::string name = "test.notes";
  out.name = {name.data(), name.size()};
  out.index_count = 0;
  out.searched = columns.data();
  out.searched_count = static_cast<std::uint32_t>(columns.size());
  return {out};
}

bool begin(calls& store) {
  if (!store.can_search()) return false;
  static const std::vector<std::uint32_t> name_and_place{2, 0};
  CHECK_EQ(store.widen(searched(name_and_place)).error, "");
  return true;
}

// A row and its words, as the server gives them.
batch said(std::int64_t seq, const std::string& words, const std::string& place = "p") {
  batch out;
  out.put(notes, {place, seq, text(words + std::to_string(seq)), null{}, null{}, null{}});
  out.words(notes, {place, seq}, {in_name, in_place}, {words, place});
  return out;
}

bool is_before(const plain& a, const plain& b) {
  return std::get<std::int64_t>(a) < std::get<std::int64_t>(b);
}

// The numbers of the rows, in order of number.
std::vector<plain> found(calls& store, const std::vector<term>& terms) {
  const rows seen = store.search(notes, terms);
  CHECK_EQ(seen.error, "");
  std::vector<plain> out;
  for (const plain_row& each : seen.all) {
    CHECK_EQ(each.size(), 6u);
    out.push_back(each[1]);
  }
  std::sort(out.begin(), out.end(), is_before);
  return out;
}

const std::vector<plain> nothing;

} // namespace

DRIVER_CASE(finds_rows_by_their_words) {
  if (!begin(store())) return;
  store().commit(said(1, "green tea"));
  store().commit(said(2, "black tea"));
  store().commit(said(3, "teapot"));
  CHECK_LIST(found(store(), {{"tea"}}), number(1), number(2));
  CHECK_LIST(found(store(), {{"tea"}, {"green"}}), number(1));
  CHECK_EQ(found(store(), {{"tea"}, {"teapot"}}), nothing);
  CHECK_EQ(found(store(), {{"te"}}), nothing);
  CHECK_EQ(found(store(), {{"coffee"}}), nothing);
}

DRIVER_CASE(finds_the_beginnings_of_words) {
  if (!begin(store())) return;
  store().commit(said(1, "green tea"));
  store().commit(said(2, "teapot"));
  CHECK_LIST(found(store(), {{"te", {in_name}, PARLEY_TERM_PREFIX}}), number(1), number(2));
  CHECK_LIST(found(store(), {{"green te", {in_name}, PARLEY_TERM_PREFIX}}), number(1));
  CHECK_EQ(found(store(), {{"eapot", {in_name}, PARLEY_TERM_PREFIX}}), nothing);
}

DRIVER_CASE(finds_words_that_follow_each_other) {
  if (!begin(store())) return;
  store().commit(said(1, "green tea in a green cup"));
  CHECK_LIST(found(store(), {{"green tea"}}), number(1));
  CHECK_LIST(found(store(), {{"a green cup"}}), number(1));
  CHECK_EQ(found(store(), {{"tea green"}}), nothing);
  CHECK_EQ(found(store(), {{"green green"}}), nothing);
  CHECK_EQ(found(store(), {{"cup green"}}), nothing);
}

DRIVER_CASE(finds_words_of_every_script) {
  if (!begin(store())) return;
  store().commit(said(1, "東京 京都 都 москва नमस्ते 🎉 grosse"));
  for (const char* each : {"東京", "京都 都", "москва", "नमस्ते", "🎉", "grosse"})
    CHECK_LIST(found(store(), {{each}}), number(1));
  CHECK_LIST(found(store(), {{"京", {in_name}, PARLEY_TERM_PREFIX}}), number(1));
  CHECK_EQ(found(store(), {{"京"}}), nothing);
  CHECK_EQ(found(store(), {{"東京 都"}}), nothing);
}

DRIVER_CASE(looks_in_the_columns_that_are_named) {
  if (!begin(store())) return;
  store().commit(said(1, "tea", "kitchen"));
  store().commit(said(2, "kitchen", "tea"));
  CHECK_LIST(found(store(), {{"tea", {in_name}}}), number(1));
  CHECK_LIST(found(store(), {{"tea", {in_place}}}), number(2));
  CHECK_LIST(found(store(), {{"tea", {in_name, in_place}}}), number(1), number(2));
  CHECK_LIST(found(store(), {{"tea", {in_name}}, {"kitchen", {in_place}}}), number(1));
}

DRIVER_CASE(words_are_replaced_one_column_at_a_time) {
  if (!begin(store())) return;
  store().commit(said(1, "tea", "kitchen"));
  store().commit(batch().words(notes, {text("kitchen"), integer(1)}, {in_name}, {text("coffee")}));
  CHECK_EQ(found(store(), {{"tea"}}), nothing);
  CHECK_LIST(found(store(), {{"coffee"}}), number(1));
  CHECK_LIST(found(store(), {{"kitchen", {in_place}}}), number(1));
  store().commit(batch().words(notes, {text("kitchen"), integer(1)}, {in_name}, {null{}}));
  CHECK_EQ(found(store(), {{"coffee"}}), nothing);
  CHECK_LIST(found(store(), {{"kitchen", {in_place}}}), number(1));
}

DRIVER_CASE(words_go_with_their_row) {
  if (!begin(store())) return;
  store().commit(said(1, "tea"));
  store().commit(batch().erase(notes, {text("p"), integer(1)}));
  CHECK_EQ(found(store(), {{"tea"}}), nothing);
  store().commit(batch().put(notes, item("p", integer(1))));
  CHECK_EQ(found(store(), {{"tea"}}), nothing);
}

DRIVER_CASE(words_go_with_a_row_that_an_earlier_shape_erases) {
  if (!store().can_search()) return;
  static const std::vector<std::uint32_t> none, name{2};
  CHECK_EQ(store().widen(searched(none)).error, "");
  store().commit(batch().put(notes, item("p", integer(1), text("tea"))));
  CHECK_EQ(store().widen(searched(name)).error, "");
  constexpr std::uint32_t newest = 3;
  store().commit(batch().words(newest, {text("p"), integer(1)}, {in_name}, {text("tea")}));
  CHECK_EQ(store().search(newest, {{"tea"}}).all.size(), 1u);
  store().commit(batch().erase(notes, {text("p"), integer(1)}));
  CHECK_EQ(store().search(newest, {{"tea"}}).all.size(), 0u);
}

DRIVER_CASE(words_of_no_row_are_none) {
  if (!begin(store())) return;
  CHECK_EQ(store()
               .commit(batch().words(notes, {text("p"), integer(9)}, {in_name}, {text("tea")}))
               .status,
           PARLEY_OK);
  CHECK_EQ(found(store(), {{"tea"}}), nothing);
  store().commit(batch().put(notes, item("p", integer(9))));
  CHECK_EQ(found(store(), {{"tea"}}), nothing);
}

DRIVER_CASE(words_of_a_refused_batch_are_none) {
  if (!begin(store())) return;
  store().commit(said(1, "tea"));
  batch both = said(1, "coffee");
  both.patch(notes, {text("p"), integer(7)}, {3}, {integer(1)});
  CHECK_EQ(store().commit(std::move(both)).status, PARLEY_E_CONFLICT);
  CHECK_LIST(found(store(), {{"tea"}}), number(1));
  CHECK_EQ(found(store(), {{"coffee"}}), nothing);
}

DRIVER_CASE(a_search_is_read_in_pages) {
  if (!begin(store())) return;
  for (std::int64_t i = 0; i < 25; ++i) store().commit(said(i, "tea"));
  std::vector<plain> all;
  for (std::uint32_t skip = 0; skip < 25; skip += 10) {
    const rows page = store().search(notes, {{"tea"}}, 10, skip);
    CHECK_EQ(page.more, skip < 20);
    for (const plain_row& each : page.all) all.push_back(each[1]);
  }
  std::sort(all.begin(), all.end(), is_before);
  CHECK_EQ(all.size(), 25u);
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

DRIVER_CASE(finds_any_of_some_words) {
  if (!begin(store())) return;
  store().commit(said(1, "green tea", "kitchen"));
  store().commit(said(2, "black tea", "cellar"));
  store().commit(said(3, "white tea", "roof"));
  const auto any = [](const char* words) { return term{words, {in_place}, PARLEY_TERM_ANY}; };
  CHECK_LIST(found(store(), {{"tea"}, any("kitchen roof")}), number(1), number(3));
  CHECK_LIST(found(store(), {{"tea"}, any("cellar")}), number(2));
  CHECK_LIST(found(store(), {{"green"}, any("roof kitchen garden")}), number(1));
  CHECK_EQ(found(store(), {{"tea"}, any("garden")}), nothing);
  CHECK_EQ(found(store(), {{"tea"}, any("kitch")}), nothing);
}

DRIVER_CASE(a_search_is_within_ranges_before_it_counts) {
  if (!begin(store())) return;
  constexpr std::uint32_t place = 0, seq = 1, size = 3;
  for (const char* each : {"p", "q", "r"}) {
    for (std::int64_t i = 0; i < 9; ++i) {
      const std::string words = i < 5 ? "tea tea tea" : "tea and so on";
      batch one = said(i, words, each);
      one.patch(notes, {text(each), integer(i)}, {size}, {i == 6 ? value(null{}) : value(i)});
      store().commit(std::move(one));
    }
  }
  const auto within = [&](const ranges& only, std::uint32_t skip = 0) {
    const rows seen = store().search(notes, {{"tea"}}, 3, skip, only);
    CHECK_EQ(seen.error, "");
    std::vector<std::string> out;
    for (const plain_row& row : seen.all) {
      out.push_back(std::get<std::string>(row[place]) +
                    std::to_string(std::get<std::int64_t>(row[seq])));
    }
    std::sort(out.begin(), out.end());
    if (seen.more) out.push_back("more");
    std::string all;
    for (const std::string& each : out) all += (all.empty() ? "" : " ") + each;
    return all;
  };
  CHECK_EQ(within({place, seq, {{"p", 5}}}).size(), std::string("p5 p6 p7 more").size());
  CHECK_EQ(within({place, seq, {{"p", 5}}}, 3).size(), std::string("p8").size());
  CHECK_EQ(within({place, seq, {{"p", 7}}}), "p7 p8");
  CHECK_EQ(within({place, seq, {{"o", 0}, {"p", 8}, {"q", 9}, {"r", 7}}}), "p8 r7 r8");
  CHECK_EQ(within({place, size, {{"q", 6}}}), "q7 q8"); // 6 has none
  CHECK_EQ(within({place, seq, {{"p", 9}, {"s", 0}}}), "");
  CHECK_EQ(within({place, seq, {{"", 0}, {"p\"", 0}, {"q' r", 0}}}), "");
  CHECK_EQ(store().search(notes, {{"tea"}}, 3, 0, {place, 99, {{"p", 1}}}).status,
           PARLEY_E_INVALID);
  CHECK_EQ(store().search(notes, {{"tea"}}, 3, 0, {99, seq, {{"p", 1}}}).status, PARLEY_E_INVALID);
}

DRIVER_CASE(no_row_is_better_for_being_narrowed_by_a_word_that_few_have) {
  if (!begin(store())) return;
  for (std::int64_t i = 1; i <= 20; ++i) store().commit(said(i, "tea"));
  store().commit(said(21, "one two three four five six seven eight nine ten tea", "q"));
  const rows seen = store().search(notes, {{"tea"}, {"p q", {in_place}, PARLEY_TERM_ANY}});
  CHECK_EQ(seen.all.size(), 21u);
  CHECK_EQ(seen.all.back()[1], number(21));
}

DRIVER_CASE(the_best_come_first) {
  if (!begin(store())) return;
  store().commit(said(1, "one two three four five six seven eight nine ten tea"));
  store().commit(said(2, "tea tea tea"));
  const rows seen = store().search(notes, {{"tea"}});
  CHECK_EQ(seen.all.size(), 2u);
  CHECK_EQ(seen.all[0][1], number(2));
}

DRIVER_CASE(words_are_no_language_of_the_store) {
  if (!begin(store())) return;
  store().commit(said(1, "tea"));
  for (const char* each : {"tea OR coffee", "NOT tea", "tea AND tea", "NEAR tea"})
    CHECK_EQ(found(store(), {{each}}), nothing);
}

DRIVER_CASE(a_search_for_what_is_not_searched_is_refused) {
  if (!begin(store())) return;
  CHECK_EQ(store().search(notes, {{"tea", {2}}}).status, PARLEY_E_INVALID);
  CHECK_EQ(store().search(99, {{"tea"}}).status, PARLEY_E_INVALID);
  CHECK_EQ(store().commit(batch().words(notes, {text("p"), integer(1)}, {2}, {text("tea")})).status,
           PARLEY_E_INVALID);
}

DRIVER_CASE(other_columns_may_be_searched_later) {
  if (!begin(store())) return;
  store().commit(said(1, "tea"));
  static const std::vector<std::uint32_t> only_place{0};
  CHECK_EQ(store().widen(searched(only_place)).error, "");
  constexpr std::uint32_t newest = 3;
  CHECK_EQ(store().search(newest, {{"tea", {0}}}).all.size(), 0u); // all are given anew
  store().commit(batch().words(newest, {text("p"), integer(1)}, {0}, {text("p")}));
  CHECK_EQ(store().search(newest, {{"p", {0}}}).all.size(), 1u);
}

DRIVER_CASE_AGAIN(words_are_there_after_a_restart) {
  if (!begin(store())) return;
  store().commit(said(1, "tea"));
  reopen();
  CHECK(begin(store()));
  CHECK_LIST(found(store(), {{"tea"}}), number(1));
}

void search_cases() {}

} // namespace parley::test::storage
