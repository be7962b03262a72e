// Master keys that change, while the store is used and over restarts.

#include "storage/sealed_fixture.hpp"

#include <atomic>
#include <climits>

namespace parley::storage {
namespace json = boost::json;
namespace {

using testing::HasSubstr;

class sealed_rotation : public sealed_fixture {
 protected:
  struct rotation {
    failure why;
    std::uint64_t count = 0;
  };
  rotation rotate(const master_keys& next) {
    return wait_for<rotation>([&](auto done) {
      engine_->rotate_keys(next, [done](failure why, std::uint64_t count) {
        done({std::move(why), count});
      });
    });
  }
  void fill(std::int64_t count) {
    ASSERT_EQ(commit([&](batch& b) {
                for (std::int64_t i = 0; i < count; ++i) b.put("desk.notes", note(i));
              }).why.message,
              "");
  }
  static json::object note(std::int64_t i) {
    return {{"place", "p"}, {"id", i}, {"owner", "owner" + std::to_string(i)}, {"number", i}};
  }
  // Each look waits for the store.
  void wait_until_wrapped() {
    for (int looks = 0; looks < 20'000 && wrapped_by(*master_) != 0; ++looks) {
    }
    ASSERT_EQ(wrapped_by(*master_), 0u);
  }
  // How many data keys a master key has wrapped.
  std::size_t wrapped_by(const master_key& which) {
    query what;
    what.index = "by_master";
    what.prefix.emplace_back(which.id());
    what.limit = 1000;
    return range(what, data_keys_name).records.size();
  }
  void all_can_be_read(std::int64_t count) {
    query all;
    all.prefix = {"p"};
    all.limit = 1000;
    const read_many seen = range(all);
    EXPECT_EQ(seen.why.message, "");
    ASSERT_EQ(seen.records.size(), static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i)
      EXPECT_EQ(seen.records[static_cast<std::size_t>(i)], note(i));
  }

  // One that has had enough after some commits.
  const parley_storage_driver& driver() override {
    real_ = &host_->driver();
    weak_ = *real_;
    weak_.commit = [](void* self, const parley_driver_batch* what, parley_driver_committed done,
                      void* user) {
      if (--commits_left_ >= 0) return real_->commit(self, what, done, user);
      small_host::loop->post([done, user] {
        parley_driver_commit_result full{};
        full.size = sizeof full;
        full.status = PARLEY_E_UNAVAILABLE;
        done(user, &full);
      });
    };
    return weak_;
  }

  parley_storage_driver weak_{};
  inline static const parley_storage_driver* real_ = nullptr;
  inline static std::atomic<int> commits_left_ = INT_MAX;
  const std::shared_ptr<const master_key> next_ = make_master();
  static constexpr std::int64_t many = 350;
};

TEST_F(sealed_rotation, while_the_store_is_in_use) {
  fill(many);
  std::vector<rotation> seen;
  wait_for<int>([&](auto done) {
    engine_->rotate_keys({next_, master_}, [&, done](failure why, std::uint64_t count) {
      seen.push_back({std::move(why), count});
      done(1);
    });
    engine_->rotate_keys({master_}, [&](failure why, std::uint64_t count) {
      seen.push_back({std::move(why), count});
    });
    for (std::int64_t i = 0; i < many; ++i) {
      auto one = engine_->begin();
      one->patch("desk.notes", {"p", i}, {{"number", i}});
      engine_->commit(std::move(one),
                      [](const commit_result& result) { EXPECT_EQ(result.why.message, ""); });
    }
  });
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_THAT(seen[0].why.message, HasSubstr("a rotation is under way"));
  EXPECT_EQ(seen[1].why.message, "");
  EXPECT_EQ(seen[1].count, static_cast<std::uint64_t>(many) + 1); // and that of the look-up
  EXPECT_EQ(wrapped_by(*master_), 0u);
  all_can_be_read(many);
  EXPECT_EQ(rotate({next_}).count, 0u); // the old one is not needed any more
  restart({next_});
  open();
  all_can_be_read(many);
}

TEST_F(sealed_rotation, a_key_that_is_missing_is_named) {
  fill(3);
  const rotation refused = rotate({next_});
  EXPECT_THAT(refused.why.message, HasSubstr("are wrapped by the master key " + master_->id() +
                                             ", and storage.master_keys names " + next_->id()));
  fill(4); // nothing has changed
  EXPECT_EQ(wrapped_by(*next_), 0u);
  restart({next_});
  EXPECT_THAT(try_open().message, HasSubstr("name that one as well"));
  restart({master_});
  open();
  all_can_be_read(4);
}

TEST_F(sealed_rotation, the_next_start_goes_on) {
  fill(many);
  restart({next_, master_});
  open();
  wait_until_wrapped();
  EXPECT_EQ(wrapped_by(*next_), static_cast<std::size_t>(many) + 1);
  all_can_be_read(many);
}

// The store fails in the middle, as on a full disk; the process ends; another one begins.
// Who is erased need not wait for a key that the operator has lost.
TEST_F(sealed_rotation, a_key_is_erased_without_a_master_key) {
  fill(2);
  restart({});
  const auto opened = wait_for<failure>([&](auto done) { engine_->open({}, done); });
  ASSERT_EQ(opened.message, "");
  ASSERT_EQ(erase_key("account:owner0").message, "");
  restart({master_});
  open();
  EXPECT_EQ(get({"p", 0}), (json::object{{"place", "p"}, {"id", 0}, {"owner", "owner0"}}));
  EXPECT_EQ(get({"p", 1}), note(1));
}

TEST_F(sealed_rotation, what_a_crash_left_undone_is_done) {
  fill(many);
  commits_left_ = 2;
  restart({next_, master_});
  open();
  while (commits_left_ >= 0) EXPECT_EQ(read({"none"}, data_keys_name).why.message, "");
  EXPECT_EQ(wrapped_by(*next_), 200u);
  EXPECT_EQ(wrapped_by(*master_), static_cast<std::size_t>(many) + 1 - 200);

  commits_left_ = INT_MAX;
  restart({next_, master_});
  open();
  wait_until_wrapped();
  all_can_be_read(many);
}

TEST_F(sealed_rotation, a_wrapped_key_that_was_tampered_with_is_left_and_named) {
  fill(3);
  const auto keys = as_stored(data_keys_collection(), 1);
  const std::string subject = "account:owner1", bad(86, 'A');
  const auto column = static_cast<std::uint32_t>(keys->column_at("wrapped"));
  parley_cell key{}, cell{};
  key.kind = cell.kind = PARLEY_STRING;
  key.as.text = {subject.data(), subject.size()};
  cell.as.text = {bad.data(), bad.size()};
  parley_driver_op op{};
  op.kind = PARLEY_OP_PATCH;
  op.collection = 1;
  op.key = &key;
  op.columns = &column;
  op.cells = &cell;
  op.cell_count = 1;
  write_raw(op);
  EXPECT_EQ(rotate({next_, master_}).count, 3u);
  EXPECT_EQ(wrapped_by(*master_), 1u);
  restart({next_, master_});
  open();
  EXPECT_THAT(read({"p", 1}).why.message,
              HasSubstr("field wrapped: what is stored for account:owner1 was not wrapped by"));
  EXPECT_EQ(read({"p", 1}).why.code, status::damaged);
  EXPECT_EQ(get({"p", 2}), note(2));
}

} // namespace
} // namespace parley::storage
