// Collections that become wider, through the engine over SQLite.

#include "storage/engine_fixture.hpp"

#include "observe/log.hpp"

#include <gmock/gmock.h>

#include <atomic>

namespace parley::storage {
namespace json = boost::json;
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string notes = "desk.notes";

collection first() {
  return {notes, 1, {"id"}, {{"id", column_type::integer, true}, {"text", column_type::text}}, {}};
}

// colour is required and has a default; text gained one; pinned is optional.
collection second() {
  return {notes,
          2,
          {"id"},
          {{"id", column_type::integer, true},
           {"text", column_type::text, true, "empty"},
           {"colour", column_type::text, true, "red"},
           {"pinned", column_type::boolean, false}},
          {{"by_colour", {"colour", "id"}, false}}};
}

class migrations_test : public engine_fixture {
 protected:
  failure open(const collection& what) {
    return wait_for<failure>([&](auto done) { engine_->open({what}, done); });
  }
  failure widen(const collection& what) {
    return wait_for<failure>([&](auto done) { engine_->widen({what}, {}, done); });
  }
  failure reopened(const collection& what) {
    stop();
    start();
    return open(what);
  }
  failure commit(const std::function<void(batch&)>& fill) {
    return engine_fixture::commit(fill).why;
  }
  failure put(std::uint32_t version, const json::object& record) {
    return commit([&](batch& b) { b.put({notes, version}, record); });
  }
  json::object get(std::uint32_t version, std::int64_t id) {
    return wait_for<json::object>([&](auto done) {
      engine_->get({notes, version}, {id}, {},
                   [done](failure why, std::optional<json::object> record) {
                     EXPECT_EQ(why.code, status::ok) << why.message;
                     done(record.value_or(json::object{}));
                   });
    });
  }
};

TEST_F(migrations_test, both_versions_work_side_by_side) {
  ASSERT_EQ(open(first()).message, "");
  put(1, {{"id", 1}, {"text", "a"}});
  put(1, {{"id", 2}});
  ASSERT_EQ(widen(second()).message, "");
  EXPECT_EQ(get(2, 1), (json::object{{"id", 1}, {"text", "a"}, {"colour", "red"}}));
  EXPECT_EQ(get(2, 2), (json::object{{"id", 2}, {"text", "empty"}, {"colour", "red"}}));

  ASSERT_EQ(put(2, {{"id", 3}, {"text", "c"}, {"colour", "blue"}, {"pinned", true}}).message, "");
  EXPECT_EQ(get(1, 3), (json::object{{"id", 3}, {"text", "c"}}));
  // The old version writes what it read, and takes nothing away.
  ASSERT_EQ(put(1, {{"id", 3}, {"text", "changed"}}).message, "");
  EXPECT_EQ(get(2, 3),
            (json::object{{"id", 3}, {"text", "changed"}, {"colour", "blue"}, {"pinned", true}}));
  ASSERT_EQ(put(1, {{"id", 4}}).message, "");
  EXPECT_EQ(get(0, 4), (json::object{{"id", 4}, {"text", "empty"}, {"colour", "red"}}));
  EXPECT_EQ(put(1, {{"id", 5}, {"colour", "red"}}).message,
            "collection desk.notes, field colour: there is no such field");
  EXPECT_EQ(put(3, {{"id", 5}}).message, "there is no collection desk.notes of version 3");
}

// A driver whose `widen` hangs for as long as a test wants.
struct held_driver {
  explicit held_driver(const parley_storage_driver& of) : driver(of) {
    real = &of;
    driver.widen = [](void* self, const parley_collection* what, std::uint32_t count,
                      parley_driver_progress progress, parley_driver_rows_done done, void* user) {
      go = [=] { real->widen(self, what, count, progress, done, user); };
      if (!holds) go();
    };
  }
  parley_storage_driver driver;
  inline static const parley_storage_driver* real = nullptr;
  inline static std::function<void()> go;
  inline static bool holds = false;
};

TEST_F(migrations_test, one_without_progress_is_given_up_and_found_done_later) {
  ASSERT_EQ(open(first()).message, "");
  stop();
  host_ = std::make_unique<small_host>(place_ + "/parley.db");
  const held_driver slow(host_->driver());
  bounds_.migration_stall_ms = 1;
  on_loop([&] { engine_ = make_engine(*loop_, slow.driver, bounds_); });
  failure opened = open(first()); // may itself be slower than that
  while (opened.code == status::unavailable) opened = widen(first());
  ASSERT_EQ(opened.message, "");

  on_loop([] { held_driver::holds = true; });
  EXPECT_THAT(widen(second()).message,
              HasSubstr("no progress for 0 s (limits.migration_stall_seconds) with desk.notes"));
  EXPECT_THAT(widen(second()).message, HasSubstr("still at it")); // not begun a second time
  EXPECT_EQ(put(1, {{"id", 1}, {"text", "a"}}).message, "");      // the old version goes on

  on_loop([] {
    held_driver::holds = false;
    held_driver::go();
  });
  failure again{status::unavailable, {}};
  while (again.code == status::unavailable) again = widen(second());
  EXPECT_EQ(again.message, "");
  EXPECT_EQ(get(2, 1), (json::object{{"id", 1}, {"text", "a"}, {"colour", "red"}}));
  stop(); // while its driver is there
}

TEST_F(migrations_test, a_batch_under_way_may_be_joined_by_the_new_version) {
  ASSERT_EQ(open(first()).message, "");
  std::unique_ptr<batch> under_way;
  on_loop([&] {
    under_way = engine_->begin();
    under_way->put({notes, 1}, {{"id", 1}});
  });
  ASSERT_EQ(widen(second()).message, "");
  const commit_result seen = wait_for<commit_result>([&](auto done) {
    under_way->put({notes, 2}, {{"id", 2}, {"colour", "blue"}});
    engine_->commit(std::move(under_way), done);
  });
  EXPECT_EQ(seen.why.message, "");
  EXPECT_EQ(get(2, 1), (json::object{{"id", 1}, {"text", "empty"}, {"colour", "red"}}));
  EXPECT_EQ(get(2, 2), (json::object{{"id", 2}, {"text", "empty"}, {"colour", "blue"}}));
}

TEST_F(migrations_test, an_absent_field_with_a_default_is_written_as_it) {
  ASSERT_EQ(open(second()).message, "");
  ASSERT_EQ(put(0, {{"id", 1}, {"text", nullptr}}).message, "");
  EXPECT_EQ(get(0, 1), (json::object{{"id", 1}, {"text", "empty"}, {"colour", "red"}}));
  ASSERT_EQ(commit([](batch& b) {
              b.patch(notes, {1}, {{"colour", "blue"}});
              b.patch(notes, {1}, {{"text", nullptr}});
              b.require(notes, {1}, true, {{"colour", "red"}}, condition_reason::batch);
            }).message,
            "");
  EXPECT_EQ(get(0, 1).at("colour"), "blue");
  const auto found = wait_for<std::vector<json::object>>([&](auto done) {
    query by_colour;
    by_colour.index = "by_colour";
    by_colour.prefix = {"blue"};
    engine_->range(notes, by_colour, {},
                   [done](failure, std::vector<json::object> all, bool) { done(all); });
  });
  EXPECT_EQ(found.size(), 1u);
}

TEST_F(migrations_test, what_is_stored_decides_at_the_next_start) {
  ASSERT_EQ(open(first()).message, "");
  put(1, {{"id", 1}});
  EXPECT_EQ(reopened(second()).message, "");
  EXPECT_EQ(get(0, 1), (json::object{{"id", 1}, {"text", "empty"}, {"colour", "red"}}));
  const failure older = reopened(first());
  EXPECT_EQ(older.code, status::invalid);
  EXPECT_THAT(older.message, HasSubstr("the store holds version 2 of desk.notes, this plugin "
                                       "knows version 1"));
  EXPECT_EQ(reopened(second()).message, "");
}

TEST_F(migrations_test, a_refusal_changes_nothing) {
  ASSERT_EQ(open(first()).message, "");
  put(1, {{"id", 1}, {"text", "same"}});
  put(1, {{"id", 2}, {"text", "same"}});
  collection unique = first();
  unique.version = 2;
  unique.indexes = {{"by_text", {"text"}, true}};
  EXPECT_THAT(widen(unique).message, HasSubstr("desk.notes: the index by_text cannot be unique"));
  collection same_version = second();
  same_version.version = 1;
  EXPECT_THAT(widen(same_version).message, HasSubstr("what changes is declared as version 2"));
  // Of several, all or none.
  collection other = first();
  other.name = "desk.other";
  const failure both = wait_for<failure>([&](auto done) {
    engine_->widen({other, unique}, {}, done);
  });
  EXPECT_EQ(both.code, status::unavailable);
  EXPECT_EQ(commit([&](batch& b) {
              b.put("desk.other", {{"id", 1}});
            }).message,
            "there is no collection desk.other");
  EXPECT_EQ(reopened(first()).message, "");
  EXPECT_EQ(get(1, 2), (json::object{{"id", 2}, {"text", "same"}}));
}

TEST_F(migrations_test, what_is_stored_as_declared_costs_nothing_and_several_wait) {
  ASSERT_EQ(open(first()).message, "");
  std::vector<std::string> order;
  std::promise<void> all;
  loop_->post([&] {
    engine_->widen({second()}, {}, [&](const failure& why) { order.push_back("a" + why.message); });
    engine_->widen({second()}, {}, [&](const failure& why) { order.push_back("b" + why.message); });
    engine_->widen({first()}, {}, [&](const failure& why) {
      order.push_back(why.message.substr(0, 28));
      all.set_value();
    });
  });
  all.get_future().wait();
  EXPECT_THAT(order, ElementsAre("a", "b", "the store holds version 2 of"));
  EXPECT_EQ(put(1, {{"id", 1}}).message, "");
}

// Commits go on while many rows are filled, and the progress is told and logged.
TEST_F(migrations_test, commits_flow_while_rows_are_filled) {
  constexpr std::int64_t rows = 200'000;
  ASSERT_EQ(open(first()).message, "");
  for (std::int64_t i = 0; i < rows; i += 10'000) {
    ASSERT_EQ(commit([&](batch& b) {
                for (std::int64_t id = i; id < i + 10'000; ++id) b.put({notes, 1}, {{"id", id}});
              }).message,
              "");
  }
  std::mutex mutex;
  std::vector<std::string> lines;
  observe::log_settings log;
  log.to = [&](std::string_view line) {
    const std::scoped_lock lock(mutex);
    lines.emplace_back(line);
  };
  observe::start_log(log);

  std::vector<migration_progress> told;
  std::size_t committed_meanwhile = 0;
  bool ended = false;
  std::promise<failure> migrated;
  std::promise<void> quiet;
  std::int64_t next = rows;
  std::function<void()> write = [&] {
    auto one = engine_->begin();
    one->put({notes, 1}, {{"id", next++}});
    engine_->commit(std::move(one), [&](const commit_result& seen) {
      EXPECT_EQ(seen.why.message, "");
      if (ended) return quiet.set_value();
      if (!told.empty()) ++committed_meanwhile;
      write();
    });
  };
  loop_->post([&] {
    engine_->widen(
        {second()}, [&](const migration_progress& at) { told.push_back(at); },
        [&](const failure& why) {
          ended = true;
          migrated.set_value(why);
        });
    write();
  });
  EXPECT_EQ(migrated.get_future().get().message, "");
  quiet.get_future().wait();
  observe::stop_log();

  ASSERT_GT(told.size(), 100u); // steps are bounded
  EXPECT_EQ(told.back().collection, notes);
  EXPECT_EQ(told.back().done, told.back().total);
  EXPECT_GE(told.back().total, static_cast<std::uint64_t>(rows));
  // One commit fits between two steps.
  EXPECT_GT(committed_meanwhile, 100u);
  EXPECT_EQ(get(2, rows - 1).at("text"), "empty");
  EXPECT_EQ(get(2, next - 2).at("text"), "empty");
  EXPECT_THAT(lines, testing::Contains(testing::AllOf(
                         HasSubstr("migrating a collection"), HasSubstr("desk"), HasSubstr(notes),
                         HasSubstr(std::to_string(told.back().total)))));
  EXPECT_LT(lines.size(), told.size()); // not each step
  EXPECT_THAT(lines, testing::Contains(HasSubstr("a collection was migrated")));
}

} // namespace
} // namespace parley::storage
