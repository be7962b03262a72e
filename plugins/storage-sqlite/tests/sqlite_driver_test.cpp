// The conformance suite over SQLite, and what is SQLite's own: widening, locks, full disks.

#include "stored.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <parley/test/storage_driver.hpp>

#include <csignal>
#include <filesystem>

namespace parley::test::storage {
namespace {

class sqlite_under_test final : public running_driver {
 public:
  explicit sqlite_under_test(const std::string& place, std::uint32_t readers = 2)
      : driver_({.path = place + "/parley.db", .readers = readers}) {}
  const parley_storage_driver& driver() const override { return driver_.face(); }

 private:
  storage_sqlite::driver driver_;
};

const driver_maker sqlite = [](const std::string& place) {
  return std::make_unique<sqlite_under_test>(place);
};

class conformance : public testing::TestWithParam<driver_case> {};
TEST_P(conformance, holds) {
  run_driver_case(GetParam().name, sqlite);
}
INSTANTIATE_TEST_SUITE_P(sqlite, conformance, testing::ValuesIn(driver_cases()),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(random_operations, do_what_a_model_does) {
  const std::uint64_t count = storage_sqlite::rounds("PARLEY_SEQUENCES", 40);
  const std::uint64_t first = storage_sqlite::rounds("PARLEY_SEED", 1);
  for (std::uint64_t seed = first; seed < first + count; ++seed)
    compare_with_model(seed, 200, sqlite);
}

class sqlite_file : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "parley-sqlite-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    place_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(place_); }

  // Opens the collection as declared, runs `then`, closes. The sentence that refused it, if any.
  std::string with(
      const parley_collection& declared, const std::function<void(calls&)>& then = [](calls&) {}) {
    const sqlite_under_test under(place_);
    calls store(under.driver());
    const rows opened = store.open({declared});
    if (opened.status == PARLEY_OK) then(store);
    EXPECT_EQ(store.close().status, PARLEY_OK);
    EXPECT_EQ(opened.status == PARLEY_OK, opened.error.empty());
    return opened.error;
  }

  std::string place_;
};

parley_str str(const char* from) {
  return {from, std::char_traits<char>::length(from)};
}

struct declaration {
  std::vector<parley_column> columns;
  std::vector<std::vector<std::uint32_t>> on;
  std::vector<parley_index> indexes;
  parley_collection of(std::uint32_t key = 1) {
    for (std::size_t i = 0; i < on.size(); ++i) {
      indexes[i].columns = on[i].data();
      indexes[i].column_count = static_cast<std::uint32_t>(on[i].size());
    }
    return {sizeof(parley_collection),
            0,
            str("test.wide"),
            columns.data(),
            static_cast<std::uint32_t>(columns.size()),
            key,
            indexes.data(),
            static_cast<std::uint32_t>(indexes.size()),
            0,
            nullptr,
            nullptr,
            nullptr,
            0,
            0};
  }
};

declaration narrow() {
  return {{{str("id"), PARLEY_COLUMN_TEXT, 0}, {str("a"), PARLEY_COLUMN_TEXT, 0}}, {}, {}};
}

declaration wide() {
  declaration out = narrow();
  out.columns.push_back({str("b"), PARLEY_COLUMN_INTEGER, 0});
  out.on = {{2}, {1}};
  out.indexes = {{str("by_b"), nullptr, 0, 0}, {str("by_a"), nullptr, 0, 1}};
  return out;
}

TEST_F(sqlite_file, widens_for_new_fields_and_indexes) {
  EXPECT_EQ(
      with(narrow().of(),
           [](calls& store) {
             store.commit(batch().put(0, {text("x"), text("1")}).put(0, {text("y"), text("2")}));
           }),
      "");
  declaration wider = wide();
  EXPECT_EQ(with(wider.of(),
                 [](calls& store) {
                   store.commit(batch().put(0, {text("z"), text("3"), integer(9)}));
                   EXPECT_EQ(store.read(0, -1, {}).all.size(), 3u);
                   EXPECT_EQ(store.read(0, 0, {integer(9)}).all.size(), 1u);
                   EXPECT_EQ(store.read(0, 0, {null{}}).all.size(), 2u);
                   EXPECT_EQ(store.commit(batch().put(0, {text("w"), text("3"), null{}})).status,
                             PARLEY_E_CONFLICT);
                 }),
            "");
  // A shape that knows less is no matter to the driver; indexes that nobody declares go.
  EXPECT_EQ(
      with(narrow().of(),
           [](calls& store) {
             EXPECT_EQ(store.commit(batch().put(0, {text("w"), text("3")})).status, PARLEY_OK);
           }),
      "");
}

TEST_F(sqlite_file, refuses_what_cannot_be_widened) {
  declaration first = narrow();
  ASSERT_EQ(
      with(first.of(),
           [](calls& store) {
             store.commit(batch().put(0, {text("x"), text("1")}).put(0, {text("y"), text("1")}));
           }),
      "");
  declaration other_key = narrow();
  EXPECT_EQ(
      with(other_key.of(2)),
      "collection test.wide: the file holds another key; the field a has another place in it");
  declaration other_type = narrow();
  other_type.columns[1].type = PARLEY_COLUMN_INTEGER;
  EXPECT_EQ(with(other_type.of()),
            "collection test.wide: the field a is stored as TEXT and cannot become INTEGER");
  declaration unique = wide();
  EXPECT_EQ(
      with(unique.of()),
      "collection test.wide: the index by_a cannot be unique, as stored rows are equal in it");
  // Nothing of the refused shape stayed.
  EXPECT_EQ(with(first.of()), "");
}

TEST_F(sqlite_file, one_process_at_a_time) {
  EXPECT_EQ(with(narrow().of(),
                 [this](calls&) {
                   EXPECT_EQ(with(narrow().of()),
                             place_ + "/parley.db is in use by another process");
                 }),
            "");
}

TEST_F(sqlite_file, says_why_it_cannot_open) {
  const storage_sqlite::driver nowhere({.path = place_ + "/none/parley.db"});
  calls store(nowhere.face());
  EXPECT_EQ(store.open(suite_collections()).error,
            "cannot open " + place_ + "/none/parley.db.lock: No such file or directory");
  EXPECT_EQ(store.commit(batch()).status, PARLEY_E_UNAVAILABLE);
  EXPECT_EQ(store.heads({"t"}).status, PARLEY_E_UNAVAILABLE);
  EXPECT_EQ(store.trim_log("2026", 1).status, PARLEY_E_UNAVAILABLE);
}

// Files of this process cannot grow beyond `bytes` while it lives: what a full disk is like.
class small_disk {
 public:
  explicit small_disk(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit less{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  ~small_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_{};
  void (*signal_)(int);
};

TEST_F(sqlite_file, a_full_disk_loses_nothing_and_numbers_stay_whole) {
  const sqlite_under_test under(place_);
  calls store(under.driver());
  ASSERT_EQ(store.open(suite_collections()).status, PARLEY_OK);
  const auto append = [&] {
    const value data = std::string(20'000, 'x');
    return store.commit(
        batch()
            .append("t", text("e"), data, text("2026"))
            .put(items, {text("p"), next_number{0, 0}, null{}, null{}, null{}, null{}}));
  };
  std::int64_t last = 0;
  {
    const small_disk full(1'000'000);
    for (int refused = 0; refused < 3;) {
      const committed seen = append();
      if (seen.status == PARLEY_OK) {
        EXPECT_EQ(seen.numbers.at(0), last + 1);
        last = seen.numbers.at(0);
        ASSERT_LT(last, 1000);
      } else {
        EXPECT_EQ(seen.status, PARLEY_E_UNAVAILABLE);
        EXPECT_FALSE(seen.error.empty());
        ++refused;
      }
    }
  }
  ASSERT_GT(last, 0);
  EXPECT_EQ(append().numbers.at(0), last + 1);
  EXPECT_EQ(store.read_log("t", 0).all.size(), static_cast<std::size_t>(last + 1));
  EXPECT_EQ(store.read(items, by_key, {text("p")}).all.size(), static_cast<std::size_t>(last + 1));
  EXPECT_EQ(store.close().status, PARLEY_OK);
}

// Rows of some MiB, moved into the file.
void fill(const storage_sqlite::settings& with) {
  storage_sqlite::driver driver(with);
  calls store(driver.face());
  ASSERT_EQ(store.open(suite_collections()).status, PARLEY_OK);
  batch many;
  for (std::int64_t i = 0; i < 1000; ++i) {
    many.put(items, {text("p"), integer(i), null{}, null{}, null{}, text(std::string(4000, 'x'))});
  }
  ASSERT_EQ(store.commit(std::move(many)).status, PARLEY_OK);
  ASSERT_EQ(store.close().status, PARLEY_OK);
}

committed erase_all(calls& store) {
  batch all;
  for (std::int64_t i = 0; i < 1000; ++i) all.erase(items, {text("p"), integer(i)});
  return store.commit(std::move(all));
}

TEST_F(sqlite_file, gets_smaller_when_rows_have_gone) {
  const storage_sqlite::settings with{.path = place_ + "/parley.db", .spare_mib = 0};
  fill(with);
  const std::uintmax_t before = std::filesystem::file_size(with.path);
  ASSERT_GT(before, 4'000'000u);
  storage_sqlite::driver driver(with);
  calls store(driver.face());
  ASSERT_EQ(store.open(suite_collections()).status, PARLEY_OK);
  ASSERT_EQ(erase_all(store).status, PARLEY_OK);
  // By itself, while others write now and then; the suite's own deadline ends it.
  for (std::int64_t i = 0; std::filesystem::file_size(with.path) > before / 10; ++i) {
    ASSERT_EQ(
        store
            .commit(batch().put(items, {text("q"), integer(1), null{}, integer(i), null{}, null{}}))
            .status,
        PARLEY_OK);
  }
  EXPECT_EQ(store.read(items, by_key, {text("q")}).all.size(), 1u);
  EXPECT_EQ(store.close().status, PARLEY_OK);
}

TEST_F(sqlite_file, keeps_some_room_for_what_comes) {
  const storage_sqlite::settings with{.path = place_ + "/parley.db", .spare_mib = 16};
  fill(with);
  const std::uintmax_t before = std::filesystem::file_size(with.path);
  storage_sqlite::driver driver(with);
  calls store(driver.face());
  ASSERT_EQ(store.open(suite_collections()).status, PARLEY_OK);
  ASSERT_EQ(erase_all(store).status, PARLEY_OK);
  EXPECT_EQ(store.close().status, PARLEY_OK);
  EXPECT_GE(std::filesystem::file_size(with.path), before);
}

TEST_F(sqlite_file, one_of_an_earlier_version_stays_as_it_is_and_says_so) {
  storage_sqlite::settings with{.path = place_ + "/parley.db", .spare_mib = 0};
  {
    storage_sqlite::database earlier;
    ASSERT_EQ(earlier.open(with.path, true, 1), 0);
    ASSERT_EQ(earlier.execute("PRAGMA auto_vacuum=0; VACUUM; CREATE TABLE other(a)"), 0);
  }
  std::string told;
  with.tell = [&](std::int32_t, const std::string& what) { told += what; };
  fill(with);
  EXPECT_THAT(told, testing::HasSubstr("does not get smaller"));
}

TEST_F(sqlite_file, a_full_disk_stops_a_migration_and_the_next_one_goes_on) {
  const sqlite_under_test under(place_);
  calls store(under.driver());
  declaration first = narrow();
  ASSERT_EQ(store.open({first.of()}).status, PARLEY_OK);
  constexpr std::int64_t count = 20'000;
  batch many;
  for (std::int64_t i = 0; i < count; ++i) many.put(0, {text(std::to_string(i)), null{}});
  ASSERT_EQ(store.commit(std::move(many)).status, PARLEY_OK);

  const std::string filling(200, 'x');
  parley_cell defaults[2]{};
  defaults[1].kind = PARLEY_STRING;
  defaults[1].as.text = {filling.data(), filling.size()};
  const std::uint32_t fill[] = {1};
  parley_collection second = first.of();
  second.defaults = defaults;
  second.fill = fill;
  second.fill_count = 1;
  std::vector<progress> told;
  {
    const small_disk full(std::filesystem::file_size(place_ + "/parley.db-wal") + 1'000'000);
    const rows stopped = store.widen({second}, &told);
    EXPECT_EQ(stopped.status, PARLEY_E_UNAVAILABLE);
    EXPECT_FALSE(stopped.error.empty());
  }
  ASSERT_GT(told.size(), 1u); // some steps were done
  ASSERT_LT(told.back().done, static_cast<std::uint64_t>(count));
  EXPECT_EQ(store.commit(batch().put(0, {text("late"), null{}})).status, PARLEY_OK);
  ASSERT_EQ(store.widen({second}).error, "");
  const rows all = store.read(1, -1, {}, {.limit = count + 1});
  ASSERT_EQ(all.all.size(), static_cast<std::size_t>(count + 1));
  for (const plain_row& each : all.all) EXPECT_EQ(each.at(1), plain(filling));
  EXPECT_EQ(store.close().status, PARLEY_OK);
}

TEST_F(sqlite_file, readers_work_beside_the_writer) {
  const sqlite_under_test under(place_, 3);
  calls store(under.driver());
  ASSERT_EQ(store.open(suite_collections()).status, PARLEY_OK);
  std::vector<std::future<committed>> writes;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        // Each batch wrote both, so every snapshot holds as many of one as of the other.
        const rows log = store.read_log("t", 0, 5000);
        const rows heads = store.heads({"t"});
        ASSERT_LE(static_cast<std::int64_t>(log.all.size()),
                  std::get<std::int64_t>(heads.all.at(0).at(0)));
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    auto each = std::make_shared<batch>();
    each->append("t", text("e"), text("{}"), text("2026"));
    each->put(items, {text("p"), next_number{0, 0}, null{}, null{}, null{}, null{}});
    writes.push_back(store.submit(std::move(each)));
  }
  for (auto& each : writes) EXPECT_EQ(each.get().status, PARLEY_OK);
  stop = true;
  for (auto& each : threads) each.join();
  EXPECT_EQ(store.close().status, PARLEY_OK);
}

// The store while a piece of its dump is being taken, and closed after that.
void while_it_is_dumped(const std::string& place, const std::function<void(calls&)>& then) {
  const sqlite_under_test under(place);
  calls store(under.driver());
  ASSERT_EQ(store.open(suite_collections()).error, "");
  std::promise<void> committed;
  auto ended = store.begin_to_dump({}, [&, after = committed.get_future().share()](const piece&) {
    after.wait();
    return true;
  });
  then(store);
  committed.set_value();
  EXPECT_EQ(ended.get().status, PARLEY_OK);
  EXPECT_EQ(store.close().status, PARLEY_OK);
}

TEST_F(sqlite_file, commits_go_on_while_a_piece_of_a_dump_is_taken) {
  while_it_is_dumped(place_, [](calls& store) {
    EXPECT_EQ(store.commit(batch().put(tags, {text("meanwhile")})).status, PARLEY_OK);
    EXPECT_EQ(store.read(tags, by_key, {}).all.size(), 1U);
  });
}

// The log only grows while somebody reads what was before it.
TEST_F(sqlite_file, closes_while_the_log_is_long) {
  while_it_is_dumped(place_, [](calls& store) {
    for (int i = 0; i < 70; ++i)
      EXPECT_EQ(
          store.commit(batch().put(tags, {text(std::string(1 << 20, 'a') + std::to_string(i))}))
              .status,
          PARLEY_OK);
  });
}

TEST_F(sqlite_file, what_is_everywhere_is_found_the_newest_first) {
  storage_sqlite::driver driver({.path = place_ + "/parley.db", .ranked_rows = 3});
  calls store(driver.face());
  declaration columns = narrow();
  parley_collection searched = columns.of();
  constexpr std::uint32_t by_a[] = {1};
  searched.searched = by_a;
  searched.searched_count = 1;
  ASSERT_EQ(store.open({searched}).error, "");
  std::string id = "1";
  for (const char* words : {"tea tea tea rare rare", "tea and many other words rare",
                            "tea with words", "tea with even more words"}) {
    batch one;
    one.put(0, {text(id), text("")}).words(0, {text(id)}, {0}, {text(words)});
    ASSERT_EQ(store.commit(std::move(one)).error, "");
    ++id[0];
  }
  const auto found = [&](const std::vector<term>& terms) {
    std::string out;
    for (const plain_row& each : store.search(0, terms).all) out += std::get<std::string>(each[0]);
    return out;
  };
  EXPECT_EQ(found({{"tea"}}), "4321");
  EXPECT_EQ(found({{"rare"}}), "12");
  EXPECT_EQ(found({{"rare"}, {"tea"}}), "21");
  std::string any = "rare";
  for (int i = 1; i < 100; ++i) any += " x" + std::to_string(i);
  EXPECT_EQ(found({{"rare"}, {any, {0}, PARLEY_TERM_ANY}}), "12");
  EXPECT_EQ(found({{"rare"}, {any + " x100", {0}, PARLEY_TERM_ANY}}), "21");
  EXPECT_EQ(store.close().status, PARLEY_OK);
}

TEST_F(sqlite_file, a_store_that_is_dumped_closes) {
  const sqlite_under_test under(place_);
  calls store(under.driver());
  ASSERT_EQ(store.open(suite_collections()).error, "");
  std::promise<void> begun;
  auto ended = store.begin_to_dump({}, [&, first = true](const piece&) mutable {
    if (std::exchange(first, false)) begun.set_value();
    return true;
  });
  begun.get_future().wait();
  EXPECT_EQ(store.close().status, PARLEY_OK);
  EXPECT_NE(ended.get().status, PARLEY_E_CANCELLED);
  EXPECT_THAT(store.await(store.begin_to_dump({}, [](const piece&) { return true; })).error,
              testing::HasSubstr("not open"));
}

} // namespace
} // namespace parley::test::storage
