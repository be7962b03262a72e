// From one store to another, through dumps: everything is there, and is found by its words.

#include "backup/loader.hpp"

#include "backup/dump.hpp"
#include "storage/engine_fixture.hpp"

#include <gmock/gmock.h>

namespace parley::backup {
namespace {

namespace json = boost::json;
using storage::column_type;
using ::testing::HasSubstr;

storage::collection notes() {
  storage::collection out{"test.notes",
                          2,
                          {"place", "seq"},
                          {{"place", column_type::text, true},
                           {"seq", column_type::integer, true},
                           {"text", column_type::text, false},
                           {"kind", column_type::text, false, "plain"},
                           {"data", column_type::json, false}},
                          {{"by_text", {"text"}, true}}};
  out.search_on = {"text"};
  return out;
}

class loading : public storage::engine_fixture {
 protected:
  std::string open(storage::engine& store) {
    return wait_for<storage::failure>([&](auto done) { store.open({notes()}, done); }).message;
  }
  void fill() {
    ASSERT_EQ(open(*engine_), "");
    for (int i = 0; i < 1200; ++i)
      commit([&](storage::batch& to) {
        to.put("test.notes", {{"place", "p"},
                              {"seq", i},
                              {"text", "green tea " + std::to_string(i)},
                              {"data", {{"b", 1}, {"a", json::array{i}}}}});
        to.append("room:" + std::to_string(i % 3), "said", json::object{{"n", i}},
                  "2026-01-01T00:00:00.000Z");
      });
    commit([](storage::batch& to) { to.make_void("room:0", 2, "said"); });
  }
  counts counted(const parley_storage_driver& of) {
    record_writer out;
    EXPECT_EQ(dump_and_wait(of,
                            [&](const parley_driver_piece& piece) {
                              out.add(piece);
                              return std::string();
                            }),
              "");
    return out.end();
  }
  std::string load(const parley_storage_driver& into, counts& loaded) {
    loader to(into);
    std::string why = to.begin();
    if (why.empty())
      why = dump_and_wait(host_->driver(),
                          [&](const parley_driver_piece& piece) { return to.take(piece); });
    if (why.empty()) why = to.end();
    loaded = to.counted();
    return why;
  }
  static void close(const parley_storage_driver& of) {
    EXPECT_EQ(backup::wait_for(
                  [&](parley_driver_rows_done done, void* user) { of.close(of.self, done, user); }),
              "");
  }
};

TEST_F(loading, everything_is_there_and_found) {
  fill();
  counts loaded;
  {
    const storage::small_host other(place_ + "/other.db");
    EXPECT_EQ(load(other.driver(), loaded), "");
    EXPECT_EQ(counted(other.driver()), loaded);
    EXPECT_EQ(counted(host_->driver()), loaded);
    close(other.driver());
  }
  EXPECT_EQ(loaded.rows.at("test.notes"), 1200U);
  EXPECT_EQ(loaded.topics, 3U);
  EXPECT_EQ(loaded.events, 1200U);
  stop();
  std::filesystem::rename(place_ + "/other.db", place_ + "/parley.db");
  start();
  ASSERT_EQ(open(*engine_), "");
  storage::search_query what;
  what.text = "tea 1199";
  std::size_t hits = 0;
  wait_for<storage::failure>([&](auto done) {
    engine_->search(
        "test.notes", what, {},
        [&hits, done](const storage::failure& why, std::vector<storage::search_hit> found, bool) {
          hits = found.size();
          done(why);
        });
  });
  EXPECT_EQ(hits, 1U);
  const auto seen = commit([](storage::batch& to) {
    to.append("room:0", "said", json::object(), "2026-01-01T00:00:00.000Z");
  });
  ASSERT_EQ(seen.first_numbers.size(), 1U);
  EXPECT_EQ(seen.first_numbers[0].second, 401);
}

TEST_F(loading, refuses_a_store_that_holds_something) {
  fill();
  loader to(host_->driver());
  wait_for<storage::failure>([&](auto done) { engine_->close(done); });
  EXPECT_THAT(to.begin(), HasSubstr("not empty"));
  close(host_->driver());
  on_loop([&] { engine_.reset(); });
}

TEST_F(loading, no_server_starts_with_half_of_it) {
  fill();
  {
    const storage::small_host other(place_ + "/other.db");
    loader to(other.driver());
    ASSERT_EQ(to.begin(), "");
    int pieces = 0;
    EXPECT_EQ(dump_and_wait(host_->driver(),
                            [&](const parley_driver_piece& piece) {
                              return ++pieces == 3 ? std::string("enough") : to.take(piece);
                            }),
              "enough");
    close(other.driver());
  }
  stop();
  std::filesystem::rename(place_ + "/other.db", place_ + "/parley.db");
  start();
  EXPECT_THAT(open(*engine_), HasSubstr("not to its end; empty it and restore again"));
}

} // namespace
} // namespace parley::backup
