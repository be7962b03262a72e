// Reading rows that rows of another collection lead to.

#include "testing/driver_suite.hpp"

namespace parley::test::storage {
namespace {

// What `widen` counts on from the suite's two: name | used, label. Items lead to rooms by their
// name.
constexpr std::uint32_t rooms = 2;
constexpr std::uint32_t used = 1, label = 2;
constexpr std::uint32_t place_of_item = 0, name_of_item = 2;

parley_str literal(std::string_view from) {
  return {from.data(), from.size()};
}

bool begin(calls& store) {
  if (!store.can_read_through()) return false;
  static const parley_column columns[] = {{literal("name"), PARLEY_COLUMN_TEXT, 0},
                                          {literal("used"), PARLEY_COLUMN_INTEGER, 0},
                                          {literal("label"), PARLEY_COLUMN_TEXT, 0}};
  parley_collection out = suite_collections()[tags];
  out.name = literal("test.rooms");
  out.columns = columns;
  out.column_count = 3;
  CHECK_EQ(store.widen({out}).error, "");
  return true;
}

batch room(batch to, std::string_view name, value at, value with = null{}) {
  to.put(rooms, {text(name), std::move(at), std::move(with)});
  return to;
}

// Rooms a to e, used at 30, 10, 50, 20 and 40; all but c are led to from place p, c from place q.
batch five() {
  batch out;
  std::int64_t seq = 0;
  for (const auto& [name, at] : {std::pair{"a", 30}, {"b", 10}, {"c", 50}, {"d", 20}, {"e", 40}}) {
    out = room(std::move(out), name, std::int64_t{at});
    const char* const place = std::string_view(name) == "c" ? "q" : "p";
    out.put(items, {text(place), ++seq, text(name), null{}, null{}, null{}});
  }
  return out;
}

const through from_p{.prefix = {text("p")}, .by_column = name_of_item, .order = used};

std::vector<plain> names(calls& store, const through& what) {
  const rows seen = store.read_through(rooms, items, what);
  CHECK_EQ(seen.error, "");
  return column(seen, 0);
}

} // namespace

DRIVER_CASE(rows_are_read_through_others_in_their_own_order) {
  if (!begin(store())) return;
  store().commit(five());
  CHECK_LIST(names(store(), from_p), plain("b"), plain("d"), plain("a"), plain("e"));
  through newest = from_p;
  newest.reverse = true;
  CHECK_LIST(names(store(), newest), plain("e"), plain("a"), plain("d"), plain("b"));
  const rows whole = store().read_through(rooms, items, newest);
  CHECK_EQ(whole.all.at(0).size(), 3u);
  CHECK_EQ(whole.all.at(0).at(1), number(40));
}

DRIVER_CASE(reading_through_has_a_limit_and_says_whether_there_are_more) {
  if (!begin(store())) return;
  store().commit(five());
  through some = from_p;
  some.limit = 3;
  const rows three = store().read_through(rooms, items, some);
  CHECK_LIST(column(three, 0), plain("b"), plain("d"), plain("a"));
  CHECK(three.more);
  some.limit = 4;
  CHECK(!store().read_through(rooms, items, some).more);
}

DRIVER_CASE(pages_through_others_meet_every_row_once) {
  if (!begin(store())) return;
  batch many;
  for (std::int64_t i = 0; i < 23; ++i) {
    const std::string name = "room" + std::to_string(100 + i);
    many = room(std::move(many), name, i / 4); // some are equal in their order
    many.put(items, {text("p"), i, text(name), null{}, null{}, null{}});
  }
  store().commit(std::move(many));
  for (const bool backwards : {false, true}) {
    std::vector<plain> seen;
    through page = from_p;
    page.reverse = backwards;
    page.limit = 5;
    for (bool more = true; more;) {
      const rows part = store().read_through(rooms, items, page);
      for (const plain_row& each : part.all) {
        seen.push_back(each[0]);
        page.beyond = {std::get<std::int64_t>(each[1]), std::get<std::string>(each[0])};
      }
      more = part.more;
    }
    CHECK_EQ(seen.size(), 23u);
    for (std::int64_t i = 0; i < 23; ++i) {
      const std::int64_t wanted = 100 + (backwards ? 22 - i : i);
      CHECK_EQ(seen[static_cast<std::size_t>(i)], plain("room" + std::to_string(wanted)));
    }
  }
}

DRIVER_CASE(what_has_no_order_or_is_not_there_is_not_led_to) {
  if (!begin(store())) return;
  batch some = room(batch(), "a", null{});
  some = room(std::move(some), "b", std::int64_t{1});
  std::int64_t seq = 0;
  for (const value& name : {text("a"), text("b"), text("none"), value(null{})})
    some.put(items, {text("p"), ++seq, name, null{}, null{}, null{}});
  store().commit(std::move(some));
  CHECK_LIST(names(store(), from_p), plain("b"));
}

DRIVER_CASE(rows_are_read_through_an_index_and_by_a_text) {
  if (!begin(store())) return;
  batch some = room(batch(), "a", std::int64_t{1}, text("z"));
  some = room(std::move(some), "b", std::int64_t{2}, text("y"));
  some = room(std::move(some), "c", std::int64_t{3}, text("x"));
  std::int64_t seq = 0;
  for (const auto& [name, size] : {std::pair{"a", 7}, {"b", 7}, {"c", 8}})
    some.put(items, {text("p"), ++seq, text(name), std::int64_t{size}, null{}, null{}});
  store().commit(std::move(some));
  const through sevens{.index = by_size,
                       .prefix = {text("p"), std::int64_t{7}},
                       .by_column = name_of_item,
                       .order = label};
  CHECK_LIST(names(store(), sevens), plain("b"), plain("a"));
  through behind = sevens;
  behind.beyond = {text("y"), text("b")};
  CHECK_LIST(names(store(), behind), plain("a"));
  CHECK(names(store(), {.index = by_size,
                        .prefix = {text("p"), null{}},
                        .by_column = name_of_item,
                        .order = label})
            .empty());
}

DRIVER_CASE(a_row_is_given_for_each_that_leads_there) {
  if (!begin(store())) return;
  batch some = room(batch(), "p", std::int64_t{1});
  for (std::int64_t seq : {1, 2}) some.put(items, item("p", seq));
  store().commit(std::move(some));
  through own_place = from_p;
  own_place.by_column = place_of_item;
  CHECK_LIST(names(store(), own_place), plain("p"), plain("p"));
}

DRIVER_CASE(nothing_is_read_through_what_is_not_there) {
  if (!begin(store())) return;
  const auto status_of = [this](std::uint32_t collection, std::uint32_t by, const through& what) {
    return store().read_through(collection, by, what).status;
  };
  CHECK_EQ(status_of(9, items, from_p), PARLEY_E_INVALID);
  CHECK_EQ(status_of(rooms, 9, from_p), PARLEY_E_INVALID);
  CHECK_EQ(status_of(items, items, from_p), PARLEY_E_INVALID); // a key of two columns
  through wrong = from_p;
  wrong.order = 9;
  CHECK_EQ(status_of(rooms, items, wrong), PARLEY_E_INVALID);
  wrong = from_p;
  wrong.by_column = 9;
  CHECK_EQ(status_of(rooms, items, wrong), PARLEY_E_INVALID);
  wrong = from_p;
  wrong.index = 7;
  CHECK_EQ(status_of(rooms, items, wrong), PARLEY_E_INVALID);
}

void through_cases() {}

} // namespace parley::test::storage
