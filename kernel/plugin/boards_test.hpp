#pragma once

// A plugin with notes on boards, for tests of what the kernel promises: a method with a permission,
// an order and a key, a durable event, and hooks of all three kinds.

#include "plugin/host_test_fixture.hpp"

#include <gmock/gmock.h>

namespace parley::plugin {

using dispatch::str;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

inline constexpr const char* boards = R"(
plugin: boards
version: 1.0.0
summary: Notes on boards.
runtime: native
scopes:
  board: { doc: A board., roles: [writer] }
methods:
  boards.post:
    doc: Posts a note.
    permission: { name: boards.post, scope: board, default: [writer] }
    idempotent: id
    order: board
    params: { type: object, required: [board, id], properties: { board: id, id: id } }
    result: { type: object, properties: { seq: seq } }
  boards.echo:
    doc: Gives back what it got.
    params: { type: object, properties: { word: text } }
  boards.hurry:
    doc: The same, with little time.
    params: { type: object, properties: { word: text } }
    deadline_ms: 200
events:
  note.posted:
    doc: A note.
    topic: board
    durable: true
    data: { type: object, properties: { id: id, seq: seq } }
  board.left:
    doc: Somebody writes there no more.
    topic: board
    durable: true
    revokes: who
    data: { type: object, required: [who], properties: { who: { type: string } } }
  pen.moved:
    doc: Where it is now.
    topic: board
    latest_by: id
    data: { type: object, required: [id], properties: { id: id } }
collections:
  notes: { version: 1, key: [board, seq], fields: { board: id, seq: seq, id: id } }
  doors: { version: 1, key: [board], fields: { board: id, open: { type: boolean } } }
hook_points:
  note.filter: { doc: Before., kind: filter, deadline_ms: 100, data: { type: object, properties: { id: id } } }
  note.join: { doc: Within., kind: join, data: { type: object, properties: { id: id } } }
  note.told: { doc: After., kind: observe, data: { type: object, properties: { id: id } } }
)";

inline std::string stepping_in(const std::string& name, const std::string& hook,
                               const std::string& phase, const std::string& more = "") {
  return "plugin: " + name + "\nversion: 1.0.0\nsummary: Steps in.\nruntime: native\n" +
         "requires: { boards: ^1 }\nhooks: { " + hook + ": { phase: " + phase + " } }\n" + more;
}

class host : public kernel {
 protected:
  const parley_storage_api& store() { return api<parley_storage_api>(PARLEY_STORAGE_INTERFACE); }
  const parley_hook_api& hooks() { return api<parley_hook_api>(PARLEY_HOOK_INTERFACE); }

  void run_hook(parley_call c, const char* name, const json::value& payload, parley_batch b,
                then next) {
    ASSERT_EQ(hooks().run(c, str(name), value(c, payload), b, done, once(std::move(next))),
              PARLEY_OK);
  }

  // Filter, then the note and its event in one batch with what joins, then the observers.
  void post(parley_call c, const json::value& params) {
    const json::object note{{"id", params.at("id")}};
    const std::string board(params.at("board").as_string());
    run_hook(c, "note.filter", note, 0, [=, this](parley_status status, const json::value& left) {
      if (status != PARLEY_OK) return fail(c, status, left.at("code").as_string().c_str());
      const json::value id = left.at("id");
      const parley_batch b = batch(c);
      std::int64_t seq = 0;
      store().next(b, str("board"), str(board), &seq);
      const json::value note_now{{"id", id}};
      EXPECT_EQ(
          store().put(b, str("notes"), value(c, {{"board", board}, {"seq", seq}, {"id", id}})),
          PARLEY_OK);
      EXPECT_EQ(
          store().publish(b, str("note.posted"), str(board), value(c, {{"id", id}, {"seq", seq}})),
          PARLEY_OK);
      run_hook(c, "note.join", note_now, b, [=, this](parley_status joined, const json::value&) {
        if (joined != PARLEY_OK) return fail(c, joined, "join_failed");
        const json::value reply{{"seq", seq}};
        store().commit(b, value(c, reply), done,
                       once([=, this](parley_status committed, const json::value& given) {
                         if (committed != PARLEY_OK) return fail(c, committed, "");
                         EXPECT_GT(given.at("reply").at("seq").as_int64(), 0);
                         run_hook(c, "note.told", note_now, 0, [](parley_status, const auto&) {});
                         finish(c, reply);
                       }));
      });
    });
  }

  loaded_plugin& add_boards() {
    return add(boards, {{"method boards.post",
                         [this](parley_call c, const json::value& params) { post(c, params); }},
                        {"method boards.echo",
                         [this](parley_call c, const json::value& params) { echo(c, params); }},
                        {"method boards.hurry",
                         [this](parley_call c, const json::value& params) { echo(c, params); }},
                        {"access board",
                         [this](parley_call c, const json::value& asked) {
                           if (asked.at("principal") != "alice") return finish(c, json::object{});
                           finish(c, {{"role", "writer"}, {"conditions", conditions_}});
                         }},
                        {"places board", [](parley_call c, const json::value&) {
                           finish(c, json::array{json::object{{"place", "b1"}}});
                         }}});
  }

  step echo_step = [](parley_call c, const json::value& params) { finish(c, params); };
  void echo(parley_call c, const json::value& params) { echo_step(c, params); }
  json::array conditions_;
};

inline json::object note(const char* id, const char* board = "b1") {
  return {{"board", board}, {"id", id}};
}

} // namespace parley::plugin
