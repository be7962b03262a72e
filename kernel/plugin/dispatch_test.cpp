// What must hold when calls meet: order, endings, batches that are committed twice, joins that fail
// half way, resuming while access changes.

#include "plugin/boards_test.hpp"

namespace parley::plugin {
namespace {

using ::testing::Not;

// Steps that a test gives while it runs.
class meeting : public host {
 protected:
  // Boards whose method and scope answer as the test says.
  loaded_plugin& add_free_boards() {
    return add(boards,
               {{"method boards.post",
                 [this](parley_call c, const json::value& params) { post_step(c, params); }},
                {"method boards.echo",
                 [this](parley_call c, const json::value& params) { echo_step(c, params); }},
                {"access board",
                 [this](parley_call c, const json::value& asked) { access_step(c, asked); }},
                {"places board",
                 [this](parley_call c, const json::value& asked) { places_step(c, asked); }}});
  }

  static void allow(parley_call c) { finish(c, {{"role", "writer"}}); }

  void put_note(parley_batch b, parley_call c, const char* id) {
    std::int64_t seq = 0;
    store().next(b, str("board"), str("b1"), &seq);
    EXPECT_EQ(store().put(b, str("notes"), value(c, {{"board", "b1"}, {"seq", seq}, {"id", id}})),
              PARLEY_OK);
    EXPECT_EQ(store().publish(b, str("note.posted"), str("b1"),
                              value(c, {{"id", id}, {"seq", seq}})),
              PARLEY_OK);
  }

  void resume(std::vector<std::pair<std::string, std::int64_t>> cursors) {
    dispatch_->connected(7, user("alice"));
    dispatch_->resume(7, 0, user("alice"), std::move(cursors));
  }
  bool logged(std::string_view start) const {
    return std::any_of(clients_.log.begin(), clients_.log.end(),
                       [&](const std::string& line) { return line.starts_with(start); });
  }

  step post_step, access_step = [](parley_call c, const json::value&) { allow(c); };
  step places_step = [](parley_call c, const json::value&) {
    finish(c, json::array{json::object{{"place", "b1"}}});
  };
};

TEST_F(meeting, a_handler_that_is_next_in_line_is_entered_once) {
  add_free_boards();
  parley_call second_asked = 0;
  int asked = 0;
  access_step = [&](parley_call c, const json::value&) {
    if (++asked == 1) return allow(c);
    second_asked = c;
  };
  std::vector<std::string> entered;
  post_step = [&](parley_call c, const json::value& params) {
    entered.emplace_back(params.at("id").as_string());
    if (entered.size() > 1) return loop_.post([c] { finish(c, nullptr); });
    const auto submit = [&, c] {
      const parley_batch b = batch(c);
      put_note(b, c, "n1");
      // Submitting lets the next in line begin, and its permission comes at the same moment.
      store().commit(b, value(c, json::object{}), done,
                     once([=](parley_status, const json::value&) { finish(c, nullptr); }));
      allow(second_asked);
    };
    loop_.post(submit);
  };
  const std::uint64_t first = send("boards.post", note("n1"));
  const std::uint64_t second = send("boards.post", note("n2"));
  answer(first);
  answer(second);
  EXPECT_THAT(entered, ElementsAre("n1", "n2"));
}

} // namespace
} // namespace parley::plugin
