// A logged event that is withdrawn, and from where on a caller may read.

#include "plugin/boards_test.hpp"

namespace parley::plugin {
namespace {

class withdrawing : public host {
 protected:
  void SetUp() override {
    host::SetUp();
    add(boards,
        {{"method boards.post", [this](parley_call c, const json::value& p) { post_note(c, p); }},
         {"method boards.echo", [this](parley_call c, const json::value&) { withdraw(c); }},
         {"method boards.hurry", [](parley_call c, const json::value&) { finish(c, nullptr); }},
         {"access board",
          [](parley_call c, const json::value&) {
            finish(c, {{"role", "writer"}, {"from", 4}});
          }},
         {"places board", [](parley_call c, const json::value&) { finish(c, json::array{}); }}});
    add("plugin: mallory\nversion: 1.0.0\nsummary: Wants it gone.\nruntime: native\n"
        "methods: { mallory.try: { doc: Tries., params: { type: object } } }\n",
        {{"method mallory.try", [this](parley_call c, const json::value&) { withdraw(c); }}});
  }

  void post_note(parley_call c, const json::value& params) {
    parley_call_info info{};
    info.size = sizeof info;
    api<parley_call_api>(PARLEY_CALL_INTERFACE).info(c, &info);
    readable_from = info.readable_from;
    const parley_batch b = batch(c);
    store().publish(b, str("note.posted"), str("b1"), value(c, {{"id", params.at("id")}}));
    commit(b, c, value(c, json::object{}));
  }
  void withdraw(parley_call c) {
    const parley_batch b = batch(c);
    said = store().withdraw(b, str("note.posted"), str("b1"), 1);
    commit(b, c, 0);
  }
  void commit(parley_batch b, parley_call c, parley_value reply) {
    store().commit(b, reply, done,
                   once([=](parley_status, const json::value&) { finish(c, nullptr); }));
  }
  // The name of the topic's first event; empty: a void.
  std::string first() {
    std::optional<std::string> name;
    engine_->read_log("board:b1", 0, 10,
                      [&](const storage::failure&, std::vector<storage::log_entry> all, bool) {
                        name = all.at(0).event;
                      });
    until([&] { return name.has_value(); });
    return *name;
  }

  parley_status said = PARLEY_OK;
  std::int64_t readable_from = -1;
};

TEST_F(withdrawing, is_for_who_published) {
  call("boards.post", {{"board", "b1"}, {"id", "n1"}});
  call("mallory.try", {});
  EXPECT_EQ(said, PARLEY_E_NOT_FOUND);
  EXPECT_EQ(first(), "note.posted");
  call("boards.echo", {});
  EXPECT_EQ(said, PARLEY_OK);
  EXPECT_EQ(first(), "");
}

TEST_F(withdrawing, a_handler_knows_from_where_on_its_caller_may_read) {
  call("boards.post", {{"board", "b1"}, {"id", "n1"}});
  EXPECT_EQ(readable_from, 4);
}

} // namespace
} // namespace parley::plugin
