// What every storage driver must do that gives all it holds.

#include "testing/driver_suite.hpp"

namespace parley::test::storage {
namespace {

// All pieces as one text, so that where one ends makes no difference.
class written {
 public:
  bool take(const piece& from) {
    if (from.kind != kind_ || from.name != name_) {
      kind_ = from.kind;
      name_ = from.name;
      text_ += "\n" + name_ + (kind_ == PARLEY_PIECE_LOG ? " " + shown(from.head) : "") + ":";
      for (const std::string& each : from.columns) text_ += " " + each;
      text_ += " " + shown(static_cast<std::int64_t>(from.key_count));
    }
    for (const plain_row& each : from.rows) text_ += "\n  " + shown(each);
    rows_ += from.rows.size();
    is_counted_ = from.done == rows_ && (is_counted_ || rows_ == from.rows.size());
    total_ = from.total;
    return true;
  }
  const std::string& text() const { return text_; }
  bool is_counted() const { return is_counted_ && rows_ == total_; }

 private:
  std::int32_t kind_ = 0;
  std::string name_, text_;
  std::uint64_t rows_ = 0, total_ = 0;
  bool is_counted_ = false;
};

written dumped(calls& store, const std::string& first = {}) {
  written out;
  const rows ended =
      store.await(store.begin_to_dump(first, [&](const piece& each) { return out.take(each); }));
  CHECK_EQ(ended.error, "");
  CHECK_EQ(ended.status, PARLEY_OK);
  return out;
}

value plain_value(const plain& from) {
  return std::visit([](const auto& each) { return value(each); }, from);
}

// The suite's collections, whose columns a dump gives by name.
const std::vector<std::string> item_columns{"place", "seq", "data", "name", "size", "weight"};

row item_of(const plain_row& from) {
  return {plain_value(from[0]), plain_value(from[1]), plain_value(from[3]),
          plain_value(from[4]), plain_value(from[5]), plain_value(from[2])};
}

void give_rows(batch& to, const piece& from) {
  for (const plain_row& each : from.rows) {
    if (from.name == "test.items")
      to.put(items, item_of(each));
    else
      to.put(tags, {plain_value(each[0])});
  }
}

void give_log(batch& to, const piece& from) {
  for (const plain_row& each : from.rows) {
    to.skip(from.name, std::get<std::int64_t>(each[0]) - 1);
    to.append(from.name, plain_value(each[1]), plain_value(each[2]), plain_value(each[3]));
  }
  to.skip(from.name, from.head);
}

batch something() {
  batch out;
  out.put(items, {text("p"), 2, text("zwei"), 22, 2.5, text(R"({"b":1,"a":2})")});
  out.put(items, {text("p"), -1, null{}, null{}, null{}, null{}});
  out.put(items, {text("o\xc3\xb6"), 7, text(""), 0, -0.125, text("[]")});
  out.put(items, {text("O"), 1, text(std::string("a\0b\1c", 5)), null{}, null{}, null{}});
  out.put(tags, {text("t")});
  out.append("room:b", text("said"), text(R"({"n":1})"), text("2026-01-01T00:00:00.000Z"));
  out.append("room:b", text("said"), text(R"({"n":2})"), text("2026-01-02T00:00:00.000Z"));
  out.append("room:b", text("gone"), text(R"({"n":3})"), text("2026-01-03T00:00:00.000Z"));
  out.append("room:b", text("said"), text(R"({"n":4})"), text("2026-01-04T00:00:00.000Z"));
  out.append("room:a", text("said"), text("{}"), text("2026-01-01T00:00:00.000Z"));
  return out;
}

void fill(calls& store) {
  CHECK_EQ(store.commit(something()).status, PARLEY_OK);
  batch erased;
  erased.make_void("room:b", 3, "gone");
  CHECK_EQ(store.commit(std::move(erased)).status, PARLEY_OK);
  // The first of room:b, and all of room:a.
  CHECK_EQ(store.trim_log("2026-01-01T12:00:00.000Z", 100).status, PARLEY_OK);
}

} // namespace

DRIVER_CASE(dumps_all_it_holds_in_order) {
  if (!store().can_dump()) return;
  fill(store());
  const written all = dumped(store());
  CHECK(all.is_counted());
  CHECK_EQ(all.text(),
           "\ntest.items: place seq data name size weight 2"
           "\n  [\"O\", 1, NULL, \"" +
               std::string("a\0b\1c", 5) +
               "\", NULL, NULL]"
               "\n  [\"o\xc3\xb6\", 7, \"[]\", \"\", 0, -0.125000]"
               "\n  [\"p\", -1, NULL, NULL, NULL, NULL]"
               "\n  [\"p\", 2, \"{\"b\":1,\"a\":2}\", \"zwei\", 22, 2.500000]"
               "\ntest.tags: tag 1"
               "\n  [\"t\"]"
               "\nroom:a 1: 0"
               "\nroom:b 4: 0"
               "\n  [2, \"said\", \"{\"n\":2}\", \"2026-01-02T00:00:00.000Z\"]"
               "\n  [3, NULL, NULL, \"2026-01-03T00:00:00.000Z\"]"
               "\n  [4, \"said\", \"{\"n\":4}\", \"2026-01-04T00:00:00.000Z\"]");
}

DRIVER_CASE(dumps_one_collection_before_the_others) {
  if (!store().can_dump()) return;
  std::vector<std::string> names;
  const rows ended = store().await(store().begin_to_dump("test.tags", [&](const piece& each) {
    names.push_back(each.name);
    return true;
  }));
  CHECK_EQ(ended.status, PARLEY_OK);
  CHECK_LIST(names, "test.tags", "test.items");
}

DRIVER_CASE(what_was_dumped_and_put_back_is_dumped_alike) {
  if (!store().can_dump()) return;
  fill(store());
  std::vector<piece> pieces;
  written before;
  store().await(store().begin_to_dump({}, [&](piece each) {
    before.take(each);
    pieces.push_back(std::move(each));
    return true;
  }));
  begin_anew();
  for (const piece& each : pieces) {
    batch back;
    if (each.kind == PARLEY_PIECE_ROWS)
      give_rows(back, each);
    else
      give_log(back, each);
    CHECK_EQ(store().commit(std::move(back)).error, "");
  }
  CHECK_EQ(dumped(store()).text(), before.text());
  // Numbers go on where they were.
  batch next;
  next.append("room:b", text("said"), text("{}"), text("2026-01-05T00:00:00.000Z"));
  next.append("room:a", text("said"), text("{}"), text("2026-01-05T00:00:00.000Z"));
  const committed seen = store().commit(std::move(next));
  CHECK_LIST(seen.numbers, 5, 2);
}

DRIVER_CASE(a_dump_is_of_one_moment_while_commits_go_on) {
  if (!store().can_dump()) return;
  constexpr std::int64_t rounds = 200;
  const auto both = [&](std::int64_t i) { // a row and an event, and a count of them
    batch out;
    out.put(items, item("p", i, text("n" + shown(i) + std::string(3000, 'x'))));
    out.put(items, item("count", 0, null{}, i));
    out.append("room:a", text("said"), text("{}"), text("2026-01-01T00:00:00.000Z"));
    return out;
  };
  for (std::int64_t i = 1; i <= rounds; ++i) CHECK_EQ(store().commit(both(i)).status, PARLEY_OK);
  std::int64_t counted = -1, seen = 0, events = 0;
  std::size_t taken = 0;
  auto ended = store().begin_to_dump({}, [&](const piece& each) {
    ++taken;
    for (const plain_row& one : each.rows) {
      if (each.kind == PARLEY_PIECE_LOG) ++events;
      if (each.name != "test.items") continue;
      if (one[0] == plain(std::string("count")))
        counted = std::get<std::int64_t>(one[4]);
      else
        ++seen;
    }
    return true;
  });
  for (std::int64_t i = rounds + 1; i <= 2 * rounds; ++i)
    CHECK_EQ(store().commit(both(i)).status, PARLEY_OK);
  CHECK_EQ(store().await(std::move(ended)).error, "");
  CHECK(taken > 2);
  CHECK(counted >= rounds);
  CHECK_EQ(seen, counted);
  CHECK_EQ(events, counted);
}

DRIVER_CASE(a_dump_ends_when_it_is_enough) {
  if (!store().can_dump()) return;
  fill(store());
  int taken = 0;
  const rows ended = store().await(store().begin_to_dump({}, [&](const piece&) {
    ++taken;
    return false;
  }));
  CHECK_EQ(ended.status, PARLEY_E_CANCELLED);
  CHECK_EQ(taken, 1);
  CHECK(dumped(store()).is_counted());
}

void dump_cases() {}

} // namespace parley::test::storage
