// Sealed members of logged events, over each driver.

#include "storage/sealed_events.hpp"
#include "storage/sealed_fixture.hpp"

namespace parley::storage {
namespace json = boost::json;
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string now = "2026-01-01T00:00:00.000Z";
const std::vector<sealed_member> members{{"text", {"owner", "account:"}},
                                         {"list", {"place", "desk.place:"}}};

class sealed_events : public sealed_fixture {
 protected:
  struct log_found {
    failure why;
    std::vector<log_entry> entries;
  };
  log_found read_log(const std::string& topic) {
    return wait_for<log_found>([&](auto done) {
      engine_->read_log(topic, 0, 100, [done](failure why, std::vector<log_entry> all, bool) {
        done({std::move(why), std::move(all)});
      });
    });
  }
  struct logs_found {
    failure why;
    std::vector<topic_entry> entries;
  };
  logs_found read_logs(sealed_data sealed) {
    return wait_for<logs_found>([&](auto done) {
      engine_->read_logs("", 0, 100, sealed,
                         [done](failure why, std::vector<topic_entry> all, bool) {
                           done({std::move(why), std::move(all)});
                         });
    });
  }
  json::value data(const std::string& topic, std::size_t at) {
    const log_found seen = read_log(topic);
    EXPECT_EQ(seen.why.message, "");
    if (at >= seen.entries.size() || seen.entries[at].data.empty()) return "void";
    return json::parse(seen.entries[at].data);
  }
  failure append(const std::string& topic, const std::string& event, const json::value& data) {
    return commit([&](batch& b) { b.append(topic, event, data, now, members); }).why;
  }
  // As the driver has it.
  std::vector<std::string> raw_log(const std::string& topic) {
    return wait_for<std::vector<std::string>>([&](auto done) {
      static parley_driver_log_read read;
      read = {sizeof read, 100, {topic.data(), topic.size()}, 0};
      auto* given = new std::function<void(std::vector<std::string>)>(done);
      host_->driver().read_log(
          host_->driver().self, &read,
          [](void* user, const parley_driver_rows* rows) {
            std::vector<std::string> out;
            for (std::uint32_t i = 0; i < rows->row_count; ++i) {
              const parley_str& text = rows->cells[i * 4 + 2].as.text;
              out.emplace_back(text.ptr, text.len);
            }
            auto* to = static_cast<std::function<void(std::vector<std::string>)>*>(user);
            small_host::loop->post([to, out] {
              (*to)(out);
              delete to;
            });
          },
          given);
    });
  }
  // Events as the driver might have them.
  void append_raw(const std::string& topic, const std::string& event, const std::string& data) {
    const parley_str name{topic.data(), topic.size()};
    parley_cell cells[3] = {};
    const std::string* texts[] = {&event, &data, &now};
    for (int i = 0; i < 3; ++i) {
      cells[i].kind = PARLEY_STRING;
      cells[i].as.text = {texts[i]->data(), texts[i]->size()};
    }
    parley_driver_op op{};
    op.size = sizeof op;
    op.kind = PARLEY_OP_APPEND;
    op.cells = cells;
    op.cell_count = 3;
    parley_driver_batch all{sizeof all, 1, &op, &name, 1, 0};
    wait_for<int>([&](auto done) {
      auto* given = new std::function<void(int)>(done);
      host_->driver().commit(
          host_->driver().self, &all,
          [](void* user, const parley_driver_commit_result* result) {
            auto* to = static_cast<std::function<void(int)>*>(user);
            small_host::loop->post([to, how = result->status] {
              (*to)(how);
              delete to;
            });
          },
          given);
    });
  }
};

TEST_F(sealed_events, the_log_holds_them_sealed) {
  const json::object said{{"owner", "ann"},
                          {"place", "p"},
                          {"text", "a secret"},
                          {"list", {1, "a secret"}},
                          {"seq", 7}};
  ASSERT_EQ(append("room:1", "said", said).message, "");
  EXPECT_EQ(data("room:1", 0), said);
  const std::vector<std::string> stored = raw_log("room:1");
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_THAT(stored[0], StartsWith(R"({"$sealed":{"text":")"));
  EXPECT_THAT(stored[0], Not(HasSubstr("secret")));
  EXPECT_THAT(stored[0], HasSubstr(R"("owner":"ann")"));
}

TEST_F(sealed_events, what_is_not_there_is_not_sealed) {
  const json::object bare{{"owner", "ann"}, {"place", "p"}, {"text", nullptr}};
  ASSERT_EQ(append("room:1", "said", bare).message, "");
  EXPECT_EQ(raw_log("room:1").at(0), json::serialize(bare));
  EXPECT_EQ(data("room:1", 0), bare);
}

TEST_F(sealed_events, numbers_to_come_stand_beside_them) {
  commit([&](batch& b) {
    const std::int64_t next = b.next("room:1");
    EXPECT_EQ(
        b.append("room:1", "said", {{"owner", "ann"}, {"place", "p"}, {"text", "x"}, {"seq", next}},
                 now, members)
            .message,
        "");
  });
  EXPECT_EQ(data("room:1", 0).at("seq"), 1);
  EXPECT_EQ(data("room:1", 0).at("text"), "x");
  on_loop([&] {
    const auto b = engine_->begin();
    EXPECT_THAT(
        b->append("room:1", "said", {{"owner", "ann"}, {"place", "p"}, {"text", b->next("room:1")}},
                  now, members)
            .message,
        HasSubstr("event said: its member text is sealed, and takes no number"));
    EXPECT_THAT(b->append("room:1", "said", {{"text", "x"}}, now, members).message,
                HasSubstr("its member text is sealed by owner, which is no text"));
    EXPECT_THAT(b->append("room:1", "said", {{"$sealed", "x"}}, now).message,
                HasSubstr("its data has no member $sealed"));
  });
}

TEST_F(sealed_events, an_erased_key_takes_its_member_along) {
  ASSERT_EQ(
      append("room:1", "said", {{"owner", "ann"}, {"place", "p"}, {"text", "x"}, {"list", {1}}})
          .message,
      "");
  ASSERT_EQ(erase_key("account:ann").message, "");
  EXPECT_EQ(data("room:1", 0), (json::object{{"owner", "ann"}, {"place", "p"}, {"list", {1}}}));
}

TEST_F(sealed_events, all_topics_are_read_opened_or_as_they_are_stored) {
  if (host_->driver().read_logs == nullptr) GTEST_SKIP() << "this driver cannot";
  const json::object ann{{"owner", "ann"}, {"place", "p"}, {"text", "a secret"}};
  const json::object bob{{"owner", "bob"}, {"place", "p"}, {"text", "another secret"}};
  const json::object bare{{"owner", "ann"}, {"place", "p"}};
  ASSERT_EQ(append("room:1", "said", ann).message, "");
  ASSERT_EQ(append("room:1", "said", bare).message, "");
  ASSERT_EQ(append("room:2", "said", bob).message, "");
  append_raw("room:3", "said", raw_log("room:2").at(0)); // it belongs to another topic
  ASSERT_EQ(erase_key("account:ann").message, "");

  const logs_found opened = read_logs(sealed_data::opened);
  EXPECT_EQ(opened.why.message, "");
  ASSERT_EQ(opened.entries.size(), 4u);
  EXPECT_EQ(json::parse(opened.entries[0].event.data), bare) << "the key was erased";
  EXPECT_EQ(json::parse(opened.entries[1].event.data), bare);
  EXPECT_EQ(opened.entries[2].topic, "room:2");
  EXPECT_EQ(opened.entries[2].event.event, "said");
  EXPECT_EQ(json::parse(opened.entries[2].event.data), bob);
  EXPECT_EQ(opened.entries[3].event.event, "");

  const logs_found left = read_logs(sealed_data::left);
  EXPECT_EQ(left.why.message, "");
  ASSERT_EQ(left.entries.size(), 4u);
  EXPECT_EQ(left.entries[2].event.data, raw_log("room:2").at(0));
  EXPECT_EQ(left.entries[3].event.event, "said");
}

TEST_F(sealed_events, what_was_tampered_with_is_a_void) {
  ASSERT_EQ(append("room:1", "said", {{"owner", "ann"}, {"place", "p"}, {"text", "x"}}).message,
            "");
  const std::string good = raw_log("room:1").at(0);
  std::string bad = good;
  const std::size_t at = bad.find(R"("})");
  bad[at - 10] = bad[at - 10] == 'A' ? 'B' : 'A';
  append_raw("room:1", "said", bad);
  append_raw("room:1", "shouted", good); // another event
  append_raw("room:2", "said", good);    // another topic
  append_raw("room:1", "said", R"({"$sealed":{"text":"AAAA"}})");
  append_raw("room:1", "said", R"({"$sealed":{"text":7}})");
  append_raw("room:1", "said", R"({"$sealed":{)");
  append_raw("room:1", "said", good);

  const log_found seen = read_log("room:1");
  EXPECT_EQ(seen.why.message, "");
  ASSERT_EQ(seen.entries.size(), 7u);
  for (std::size_t i = 1; i < 6; ++i) {
    EXPECT_EQ(seen.entries[i].event, "") << i;
    EXPECT_EQ(seen.entries[i].data, "") << i;
  }
  EXPECT_EQ(seen.entries[6].event, "said");
  EXPECT_EQ(data("room:1", 6), data("room:1", 0));
  EXPECT_EQ(data("room:2", 0), "void");
}

} // namespace
} // namespace parley::storage
