// What `read` makes of a manifest, and the exact sentence for every kind of fault.

#include "manifest.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace parley::manifest {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct outcome {
  manifest value;
  std::vector<std::string> lines;
};

outcome read_text(const std::string& text) {
  std::vector<yaml::problem> problems;
  const auto document = yaml::parse(text, "plugin.yaml", problems);
  outcome out{read(document, problems), {}};
  for (const auto& p : problems) out.lines.push_back(yaml::to_string(p));
  return out;
}

// The problems of a manifest whose first two lines are right; positions are those of `rest` + 2.
std::vector<std::string> problems_of(const std::string& rest) {
  return read_text("plugin: notes\nversion: 1.0.0\n" + rest).lines;
}

TEST(manifest, reads_jobs_with_their_defaults) {
  const auto [m, lines] = read_text(R"(
plugin: notes
version: 1.0.0
jobs:
  send: { doc: Sends., params: { type: object, properties: { to: id } }, concurrency: 8, attempts: 3, backoff: { first_ms: 10, most_ms: 20 }, deadline_ms: 5 }
  sweep: { cron: '0 4 * * *' }
)");
  EXPECT_THAT(lines, IsEmpty());
  ASSERT_EQ(m.jobs.size(), 2u);
  EXPECT_EQ(m.jobs[0].concurrency, 8u);
  EXPECT_EQ(m.jobs[0].most_ms, 20u);
  EXPECT_EQ(m.jobs[1].cron, "0 4 * * *");
  EXPECT_EQ(m.jobs[1].attempts, 10u);
}

TEST(manifest, says_what_an_event_may_do_to_others) {
  const std::string data =
      "data: { type: object, required: [who], properties: { who: account, at: time } }";
  const std::string personal = ", personal: { subject: who, on_erase: delete }";
  const auto event = [&](const std::string& how) {
    return "scopes: { room: { roles: [in] } }\nevents:\n  a.b: { " + how + ", " + data + personal +
           " }\n";
  };
  EXPECT_THAT(problems_of(event("topic: room, latest_by: who")), IsEmpty());
  EXPECT_THAT(problems_of(event("topic: room, durable: true, revokes: who")), IsEmpty());
  using testing::HasSubstr;
  EXPECT_THAT(problems_of(event("topic: room, durable: true, latest_by: who")),
              ElementsAre(HasSubstr("a durable event never gives way to another")));
  EXPECT_THAT(
      problems_of(event("topic: room, latest_by: whom")),
      ElementsAre(HasSubstr("`whom` is no required member of `data`; did you mean `who`?")));
  EXPECT_THAT(problems_of(event("topic: room, latest_by: at")),
              ElementsAre(HasSubstr("`at` is no required member of `data`")));
  EXPECT_THAT(problems_of(event("topic: room, revokes: who")),
              ElementsAre(HasSubstr("only a durable event of a place ends somebody's place")));
  EXPECT_THAT(problems_of(event("topic: account, durable: true, revokes: who")),
              ElementsAre(HasSubstr("only a durable event of a place ends somebody's place")));
}

TEST(manifest, says_what_is_wrong_with_a_job) {
  EXPECT_THAT(
      problems_of("jobs:\n"
                  "  Send: {}\n"
                  "  slow: { backoff: { first_ms: 700000 } }\n"
                  "  list: { params: { type: array, items: id } }\n"
                  "  often: { cron: '61 * * * *' }\n"
                  "  asks: { cron: '* * * * *', params: { type: object, required: [to], "
                  "properties: { to: id } } }\n"),
      ElementsAre(
          testing::HasSubstr("`Send` is no name for a job"),
          testing::HasSubstr("the first wait of 700000 ms is longer than the longest, 600000 ms"),
          testing::HasSubstr("the parameters are not an object"),
          testing::HasSubstr("`61` is no minute: 0 to 59"),
          testing::HasSubstr("what is queued by itself has no parameters, and `to` is required")));
}

TEST(manifest, is_read_into_typed_structures) {
  const auto [m, lines] = read_text(R"(
plugin: notes
version: 1.2.3
summary: Notes.
runtime: lua
requires: { messaging: ^1 }
capabilities: { identity: true, bot: { name: note_bot, display_name: Notes } }
config: { type: object, properties: { most: { type: integer, default: 5 } } }
types:
  note: { type: object, required: [id], properties: { id: id, by: account, parts: { type: array, items: { $ref: '#/types/part' } } } }
  part: { type: object, properties: { text: text } }
scopes:
  notebook: { doc: Some notes., roles: [owner, reader] }
methods:
  notes.add:
    doc: Adds.
    http: POST /v1/notebooks/{notebook}/notes
    permission: { name: notes.add, scope: notebook, default: [owner] }
    idempotent: id
    order: notebook
    deadline_ms: 500
    params: { type: object, required: [notebook, id], properties: { notebook: id, id: id } }
    result: { $ref: '#/types/note', description: The new one. }
    errors: [full]
  notes.count: { visibility: plugin }
events:
  note.added: { topic: notebook, durable: true, data: { $ref: '#/types/note' }, personal: { subject: by, on_erase: keep, reason: The law. } }
collections:
  notes:
    version: 2
    key: [id]
    fields: { id: id, by: account, title: { type: string, optional: true } }
    indexes: { by_title: { on: [title], unique: true } }
    personal: [{ subject: by, on_erase: anonymise }]
hook_points:
  note.before_add: { kind: filter, on_failure: pass, deadline_ms: 50, data: { $ref: '#/types/note' } }
hooks:
  message.sending: { phase: join, required: false, before: [web], after: [word-filter] }
assets: [{ path: /notes, directory: ui, content_security_policy: "default-src 'self'" }]
)");
  EXPECT_THAT(lines, IsEmpty());
  EXPECT_EQ(m.name, "notes");
  EXPECT_EQ(m.language, runtime::lua);
  EXPECT_EQ(m.dependencies.at("messaging"), "^1");
  EXPECT_TRUE(m.wants_identity);
  ASSERT_TRUE(m.wants_bot);
  EXPECT_EQ(m.wants_bot->name, "note_bot");
  EXPECT_THAT(m.scopes.at(0).roles, ElementsAre("owner", "reader"));
  const method& add = m.methods.at(0);
  EXPECT_EQ(add.http->verb, "POST");
  EXPECT_EQ(add.http->path, "/v1/notebooks/{notebook}/notes");
  EXPECT_EQ(add.required->scope, "notebook");
  EXPECT_EQ(add.idempotent, "id");
  EXPECT_EQ(add.order, "notebook");
  EXPECT_EQ(add.deadline_ms, 500u);
  EXPECT_EQ(add.result.at("x-type"), "note");
  EXPECT_EQ(add.result.at("description"), "The new one.");
  const auto& part = add.result.at("properties").at("parts").at("items");
  EXPECT_EQ(part.at("x-type"), "part");
  EXPECT_EQ(part.at("properties").at("text").at("maxLength"), 4000);
  EXPECT_EQ(m.methods.at(1).seen_by, visibility::plugin);
  EXPECT_TRUE(m.methods.at(1).result.empty());
  EXPECT_TRUE(m.events.at(0).durable);
  EXPECT_EQ(m.events.at(0).subjects.at(0).reason, "The law.");
  const collection& notes = m.collections.at(0);
  EXPECT_EQ(notes.version, 2u);
  EXPECT_EQ(boost::json::serialize(notes.record.at("required")), R"(["id","by"])");
  EXPECT_FALSE(notes.record.at("properties").at("title").as_object().contains("optional"));
  EXPECT_TRUE(notes.indexes.at(0).unique);
  EXPECT_EQ(notes.subjects.at(0).on_erase, "anonymise");
  EXPECT_TRUE(m.hook_points.at(0).pass_on_failure);
  EXPECT_EQ(m.hook_points.at(0).kind, hook_kind::filter);
  EXPECT_FALSE(m.hooks.at(0).required);
  EXPECT_THAT(m.hooks.at(0).after, ElementsAre("word-filter"));
  EXPECT_EQ(m.served.at(0).directory, "ui");
}

TEST(manifest, without_name_or_version_or_anything_is_refused) {
  EXPECT_THAT(read_text("{}").lines,
              ElementsAre("plugin.yaml:1:1: `plugin` is missing; give text of 1 to 64 characters",
                          "plugin.yaml:1:1: `version` is missing; give a string"));
  EXPECT_THAT(read_text("").lines,
              ElementsAre("plugin.yaml:1:1: expected an object, found nothing"));
  EXPECT_THAT(read_text("[a]").lines,
              ElementsAre("plugin.yaml:1:1: expected an object, found an array"));
}

TEST(manifest, ephemeral_collections_keep_nothing) {
  const std::string fields = "fields: { who: account, at: time }";
  const std::string personal = "personal: { subject: who, on_erase: ";
  EXPECT_THAT(problems_of("collections: { seen: { ephemeral: true, key: [who], " + fields + ", " +
                          personal + "delete } } }"),
              ElementsAre());
  EXPECT_THAT(problems_of("collections:\n  seen:\n    key: [who]\n    " + fields + "\n    " +
                          personal + "delete }\n"),
              ElementsAre("plugin.yaml:4:3: the collection `seen` has no version; `version: 1`"));
  EXPECT_THAT(
      problems_of(
          "collections:\n  seen:\n    ephemeral: true\n    version: 1\n    key: [who]\n    " +
          fields + "\n    indexes: { by_time: { on: [at], unique: true } }\n    " + personal +
          "anonymise }\n"),
      ElementsAre("plugin.yaml:6:5: an ephemeral collection has no version: nothing is stored; "
                  "remove it",
                  "plugin.yaml:9:45: an ephemeral collection has a unique index; make those fields "
                  "the key",
                  "plugin.yaml:10:5: what is ephemeral is not kept when a person is erased; "
                  "`on_erase: delete`"));
}

TEST(manifest, who_lets_people_in_asks_for_it) {
  const std::string hook = "hooks: { identity.authenticate: { phase: filter } }\n";
  EXPECT_THAT(problems_of(hook), ElementsAre("plugin.yaml:3:10: who steps in here lets people in; "
                                             "`capabilities: { authenticator: true }`"));
  EXPECT_THAT(problems_of(hook + "capabilities: { authenticator: true }"), ElementsAre());
  EXPECT_THAT(problems_of(hook + "capabilities: { identity: true }"), ElementsAre());
}

TEST(manifest, raw_routes_and_files_at_run_time) {
  const auto read = read_text(
      "plugin: shop\nversion: 1.0.0\nroutes:\n  paid: { http: \"POST /hooks/{shop}\", body_bytes: "
      "9 }\n"
      "assets: [{ path: /made, at_run_time: true }]\ncapabilities: { connections: true }\n");
  EXPECT_THAT(read.lines, ElementsAre());
  ASSERT_EQ(read.value.routes.size(), 1u);
  EXPECT_EQ(read.value.routes[0].http.path, "/hooks/{shop}");
  EXPECT_EQ(read.value.routes[0].body_bytes, 9u);
  EXPECT_TRUE(read.value.served[0].at_run_time);
  EXPECT_THAT(read.value.capabilities(), ElementsAre("connections"));
  EXPECT_THAT(
      problems_of("routes:\n  Paid: { http: POST hooks }\nassets: [{ path: /made }]"),
      ElementsAre("plugin.yaml:4:3: `Paid` is no name for a route; a lower-case letter, then "
                  "lower-case letters, digits and underscores",
                  "plugin.yaml:4:17: `POST hooks` is no route; a verb and a path, such as "
                  "`GET /v1/notes/{note}`",
                  "plugin.yaml:5:10: nothing is said of which files these are; "
                  "`directory:` within the plugin's folder, or `at_run_time: true`"));
  EXPECT_THAT(problems_of("methods: { a.b: { http: GET /x } }\nroutes: { c: { http: GET /x } }"),
              ElementsAre("plugin.yaml:4:22: another method has the route `GET /x`; another path"));
}

TEST(manifest, names_and_versions) {
  EXPECT_THAT(
      read_text("plugin: Notes\nversion: 1.0\nrequires: { Web: ^1, web: one, notes: 1 }").lines,
      ElementsAre("plugin.yaml:1:9: `Notes` is no name for a plugin; a lower-case letter, then "
                  "lower-case letters, digits and hyphens",
                  "plugin.yaml:2:10: expected a string, found the number 1; put it in quotes",
                  "plugin.yaml:3:13: `Web` is no name for a plugin; a lower-case letter, then "
                  "lower-case letters, digits and hyphens",
                  "plugin.yaml:3:27: `one` is no range of versions; ^1, ~1.2, '>=1.2 <2' or '*'",
                  "plugin.yaml:3:39: expected a string, found the number 1; put it in quotes"));
  EXPECT_THAT(read_text("plugin: a\nversion: 1.0.x\nrequires: { a: '*' }").lines,
              ElementsAre("plugin.yaml:2:10: `1.0.x` is no version; three numbers, such as 1.0.0",
                          "plugin.yaml:3:13: the plugin requires itself; remove it"));
  EXPECT_THAT(
      problems_of("methods: { add: {} }\nevents: { Added: { topic: t, data: { type: object "
                  "} } }\ncollections: { a-b: { version: 1, key: [id], fields: { id: id } } "
                  "}\ntypes: { Big: id }\nscopes: { server: { roles: [a] } }"),
      ElementsAre("plugin.yaml:3:12: `add` is no name for a method; lower-case words with "
                  "dots between them, such as `notes.add`",
                  "plugin.yaml:4:11: `Added` is no name for an event; lower-case words with "
                  "dots between them, such as `note.added`",
                  "plugin.yaml:5:16: `a-b` is no name for a collection; a lower-case letter, "
                  "then lower-case letters, digits and underscores",
                  "plugin.yaml:6:10: `Big` is no name for a type; a lower-case letter, then "
                  "lower-case letters, digits and underscores",
                  "plugin.yaml:7:11: the scope `server` is the kernel's; another name"));
}

TEST(manifest, unknown_keys_come_with_the_nearest_known_one) {
  EXPECT_THAT(problems_of("methdos: {}\nmethods: { notes.add: { idempotnt: id, zzz: 1 } }"),
              ElementsAre("plugin.yaml:3:1: unknown key `methdos`; did you mean `methods`?",
                          "plugin.yaml:4:25: unknown key `idempotnt`; did you mean `idempotent`?",
                          "plugin.yaml:4:40: unknown key `zzz`; known here: `deadline_ms`, `doc`, "
                          "`errors`, `http`, `idempotent`, `order`, `params`, `permission`, "
                          "`rate`, `result`, `visibility`"));
}

TEST(manifest, types) {
  EXPECT_THAT(
      problems_of("types:\n"
                  "  id: { type: string }\n"
                  "  loop: { type: object, properties: { again: loop } }\n"
                  "  typo: { type: strnig }\n"
                  "  word: { type: string, maxLen: 3, minimumm: 3 }\n"
                  "  far: { $ref: '#/elsewhere/x' }\n"
                  "  none: { $ref: '#/types/wrod' }\n"
                  "  short: accuont\n"
                  "  plain: string\n"
                  "  regex: { type: string, pattern: '(' }\n"
                  "  late: { type: integer, maximum: 3, default: 4 }\n"),
      ElementsAre(
          "plugin.yaml:4:7: the type `id` is built in; another name",
          "plugin.yaml:5:46: the type `loop` contains itself; an `id` that points to the other "
          "record, since types cannot be recursive",
          "plugin.yaml:6:17: unknown type \"strnig\"; did you mean `string`?",
          "plugin.yaml:7:25: unknown keyword `maxLen`; did you mean `maxLength`?",
          "plugin.yaml:7:36: unknown keyword `minimumm`; did you mean `minimum`?",
          "plugin.yaml:8:16: a $ref that leads out of `types`; '#/types/' and the name of a type",
          "plugin.yaml:9:17: unknown type `wrod`; did you mean `word`?",
          "plugin.yaml:10:10: unknown type `accuont`; did you mean `account`?",
          "plugin.yaml:11:10: unknown type `string`; write { type: string }",
          "plugin.yaml:12:35: this is not a pattern: missing ): (; a regular expression as RE2 "
          "takes it",
          "plugin.yaml:13:47: the default breaks its own schema: expected an integer up to 3, "
          "found "
          "the number 4"));
}

TEST(manifest, a_fault_of_a_type_is_told_once) {
  EXPECT_THAT(
      problems_of(
          "types: { a: { type: strnig } }\n"
          "methods: { n.a: { params: { type: object, properties: { x: a } }, result: a } }"),
      ElementsAre("plugin.yaml:3:21: unknown type \"strnig\"; did you mean `string`?"));
}

TEST(manifest, routes) {
  EXPECT_THAT(
      problems_of(
          "methods:\n"
          "  n.a: { http: FETCH /v1/a }\n"
          "  n.b: { http: GET v1/b }\n"
          "  n.c: { http: 'GET /v1/c/{note}', params: { type: object, properties: { note: id } } "
          "}\n"
          "  n.d: { http: 'GET /v1/d/{nota}', params: { type: object, required: [note], "
          "properties: "
          "{ note: id } } }\n"
          "  n.e: { http: GET /v1/e, params: { type: object, properties: { many: { type: array, "
          "items: id } } } }\n"
          "  n.f: { http: GET /v1/e }\n"
          "  n.g: { http: GET /v1/g, visibility: plugin }\n"
          "  n.h: { http: 'PUT /v1/h/{o}', params: { type: object, required: [o], properties: { o: "
          "{ "
          "type: object } } } }\n"),
      ElementsAre(
          "plugin.yaml:4:16: `FETCH /v1/a` is no route; a verb and a path, such as `GET "
          "/v1/notes/{note}`",
          "plugin.yaml:5:16: `GET v1/b` is no route; a verb and a path, such as `GET "
          "/v1/notes/{note}`",
          "plugin.yaml:6:16: `{note}` in the path is no required parameter; `note` under "
          "`properties` and `required` of `params`",
          "plugin.yaml:7:16: `{nota}` in the path is no required parameter; did you mean `{note}`?",
          "plugin.yaml:8:65: the parameter `many` of a GET is not a plain value; a string, "
          "integer, "
          "number or boolean, or POST instead of GET",
          "plugin.yaml:9:16: another method has the route `GET /v1/e`; another path",
          "plugin.yaml:10:16: a method for plugins only has a route; remove `http` or `visibility`",
          "plugin.yaml:11:16: `{o}` in the path is not a plain value; a string, integer, number or "
          "boolean"));
}

TEST(manifest, keys_orders_and_permissions_name_parameters) {
  EXPECT_THAT(
      problems_of(
          "scopes: { place: { roles: [owner] } }\n"
          "methods:\n"
          "  n.a: { idempotent: id, params: { type: object, properties: { di: id } } }\n"
          "  n.b: { order: n, params: { type: object, required: [n], properties: { n: seq } } }\n"
          "  n.c: { idempotent: id, params: { type: object, properties: { id: id } } }\n"
          "  n.d: { permission: { name: n.d, scope: place, default: [owner] } }\n"
          "  n.e: { permission: { name: Bad, scope: place, default: [member] }, params: { type: "
          "object, required: [place], properties: { place: id } } }\n"
          "  n.f: { params: { type: string } }\n"),
      ElementsAre(
          "plugin.yaml:5:22: `idempotent` names the parameter `id`, which is not there; did you "
          "mean "
          "`di`?",
          "plugin.yaml:6:17: `order` names the parameter `n`, which is not a string; a parameter "
          "of "
          "`type: string`",
          "plugin.yaml:7:22: `idempotent` names the parameter `id`, which may be left out; `id` "
          "under `required`",
          "plugin.yaml:8:42: the scope names the parameter `place`, which is not there; a "
          "parameter "
          "under `params`",
          "plugin.yaml:9:30: `Bad` is no name for a permission; lower-case words with dots between "
          "them, such as `notes.add`",
          "plugin.yaml:9:59: the scope `place` has no role `member`; one of `owner`",
          "plugin.yaml:10:18: the parameters are not an object; `type: object`"));
}

TEST(manifest, collections) {
  EXPECT_THAT(
      problems_of(
          "collections:\n"
          "  a: { version: 0, key: [di], fields: { id: id } }\n"
          "  b: { version: 1, key: [o, p, p], fields: { o: { type: object }, p: id, q: { type: "
          "string, optional: true } }, indexes: { By: { on: [r] }, ok: { on: [q] } } }\n"
          "  c: { version: 1, key: [q], fields: { q: { type: string, optional: true } } }\n"
          "  d: { version: 1, key: [], fields: {} }\n"
          "  e: { version: 1, key: [k], fields: { k: { type: string, default: x }, n: { type: "
          "integer, default: many } } }\n"),
      ElementsAre(
          "plugin.yaml:4:17: expected an integer from 1 to 1000000, found the number 0",
          "plugin.yaml:4:26: the key names the field `di`, which is not there; did you mean `id`?",
          "plugin.yaml:5:26: the key names the field `o`, which is not a plain value; a field that "
          "is a string, integer, number or boolean",
          "plugin.yaml:5:32: the key names the field `p` twice; give it only once",
          "plugin.yaml:5:124: `By` is no name for an index; a lower-case letter, then lower-case "
          "letters, digits and underscores",
          "plugin.yaml:5:135: the index names the field `r`, which is not there; name a field "
          "under "
          "`fields`",
          "plugin.yaml:6:26: the key names the field `q`, which is optional; remove `optional: "
          "true`",
          "plugin.yaml:7:25: expected an array of 1 to 8 items, found 0",
          "plugin.yaml:8:26: the key names the field `k`, which has a default; remove its "
          "`default`: whoever writes a record gives it its key",
          "plugin.yaml:8:102: the default breaks its own schema: expected an integer, found the "
          "string \"many\""));
}

TEST(manifest, searches) {
  const std::string fields = "fields: { id: id, text: { type: string }, n: { type: integer } }";
  EXPECT_THAT(
      problems_of("collections:\n  a: { version: 1, key: [id], " + fields +
                  ", search: { on: [txt, n], by: [id, id] } }\n  b: { version: 1, key: [id], " +
                  fields + ", search: { by: [id] } }\n"),
      ElementsAre(
          "plugin.yaml:4:112: the search names the field `txt`, which is not there; did you "
          "mean `text`?",
          "plugin.yaml:4:117: the search names the field `n`, which is no text; a field "
          "with `type: string`",
          "plugin.yaml:4:130: the search names the field `id` twice; give it only once",
          "plugin.yaml:5:105: `on` is missing; give an array of 1 to 8 items"));
  EXPECT_THAT(problems_of("collections:\n  a:\n    ephemeral: true\n    key: [id]\n    " + fields +
                          "\n    search: { on: [text] }\n"),
              ElementsAre("plugin.yaml:8:5: an ephemeral collection is not searched; remove it"));
}

TEST(manifest, records_expire_by_a_time) {
  const std::string types = "types: { moment: time, day: { type: string, format: date-time } }\n";
  const std::string begin = types + "collections: { c: { version: 1, key: [id], expires: ";
  const std::string fields =
      ", fields: { id: id, until: time, soon: { $ref: '#/types/moment', optional: true }, day: { "
      "$ref: '#/types/day' } }";
  for (const char* field : {"until", "soon"})
    EXPECT_THAT(problems_of(begin + field + fields + " } }"), IsEmpty());
  EXPECT_THAT(problems_of(begin + "day" + fields + " } }"),
              ElementsAre("plugin.yaml:4:53: `day` is no field of type `time`; write `until`"));
  EXPECT_THAT(problems_of(begin + "untl" + fields + " } }"),
              ElementsAre("plugin.yaml:4:53: `untl` is no field of type `time`; did you mean "
                          "`until`?"));
  EXPECT_THAT(
      problems_of("collections: { c: { version: 1, key: [id], expires: id, fields: { id: id } } }"),
      ElementsAre("plugin.yaml:3:53: `id` is no field of type `time`; a field of type `time`"));
  EXPECT_THAT(
      problems_of("collections:\n  c:\n    ephemeral: true\n    key: [id]\n    fields: { id: "
                  "id, at: time }\n    expires: at\n"),
      ElementsAre("plugin.yaml:8:5: an ephemeral collection has no field for it; remove "
                  "it: whoever puts a record gives it its time"));
  EXPECT_THAT(
      problems_of("collections: { c: { version: 1, key: [id], fields: { id: id }, indexes: { "
                  "parley_mine: { on: [id] } } } }"),
      ElementsAre("plugin.yaml:3:75: names that begin with `parley_` are for indexes of the "
                  "kernel's own; another name"));
}

TEST(manifest, whose_data_it_is_must_be_said) {
  EXPECT_THAT(
      problems_of(
          "types: { person: { type: object, properties: { who: account } }, owner: account }\n"
          "collections:\n"
          "  top: { version: 1, key: [id], fields: { id: id, by: account } }\n"
          "  alias: { version: 1, key: [by], fields: { by: owner } }\n"
          "  deep: { version: 1, key: [id], fields: { id: id, all: { type: array, items: { $ref: "
          "'#/types/person' } } } }\n"
          "  typo: { version: 1, key: [by], fields: { by: account }, personal: { subject: yb, "
          "on_erase: delete } }\n"
          "  kept: { version: 1, key: [by], fields: { by: account }, personal: [{ subject: by, "
          "on_erase: keep }] }\n"
          "  idle: { version: 1, key: [id], fields: { id: id }, personal: { subject: id, on_erase: "
          "delete, reason: No. } }\n"
          "events:\n"
          "  person.seen: { topic: place, data: { $ref: '#/types/person' } }\n"),
      ElementsAre(
          "plugin.yaml:5:3: the collection `top` holds an account, but does not say whose data it "
          "is; write `personal: { subject: by, on_erase: delete }` (or anonymise, or keep with a "
          "reason)",
          "plugin.yaml:6:3: the collection `alias` holds an account, but does not say whose data "
          "it "
          "is; write `personal: { subject: by, on_erase: delete }` (or anonymise, or keep with a "
          "reason)",
          "plugin.yaml:7:3: the collection `deep` holds an account, but does not say whose data it "
          "is; a field of type `account` at the top, and `personal: { subject: FIELD, on_erase: "
          "delete }` (or anonymise, or keep with a reason)",
          "plugin.yaml:8:80: `yb` is no field of type `account`; did you mean `by`?",
          "plugin.yaml:9:95: data is kept without a reason; `reason:` and a sentence that a person "
          "who asks for erasure can be told",
          "plugin.yaml:10:75: `id` is no field of type `account`; a field of type `account` at the "
          "top of the collection `idle`",
          "plugin.yaml:10:105: a reason stands where nothing is kept; remove it, or `on_erase: "
          "keep`",
          "plugin.yaml:12:3: the event `person.seen` holds an account, but does not say whose data "
          "it is; write `personal: { subject: who, on_erase: delete }` (or anonymise, or keep with "
          "a "
          "reason)"));
}

TEST(manifest, who_is_anonymised_can_be_left_out) {
  const std::string begin =
      "types: { somebody: account }\ncollections:\n  c: { version: 1, fields: { id: id, by: ";
  const std::string end = ", personal: { subject: by, on_erase: anonymise } }\n";
  const std::string optional = "{ $ref: '#/types/somebody', optional: true } }";
  EXPECT_THAT(problems_of(begin + "account }, key: [id], indexes: { i: { on: [by] } }" + end),
              IsEmpty());
  EXPECT_THAT(problems_of(begin + optional +
                          ", key: [id], indexes: { i: { on: [by], unique: true } }" + end),
              IsEmpty());
  EXPECT_THAT(problems_of(begin + "account }, key: [id, by]" + end),
              ElementsAre("plugin.yaml:5:68: `by` is part of the key, which stays; `on_erase: "
                          "delete`, or a key without it"));
  EXPECT_THAT(
      problems_of(begin + "account }, key: [id], indexes: { i: { on: [by], unique: true } }" + end),
      ElementsAre("plugin.yaml:5:108: `by` is in the unique index `i`, and of two erased people "
                  "one would be refused; `on_erase: delete`, or `optional: true` for the field"));
}

TEST(manifest, hooks_and_assets) {
  EXPECT_THAT(
      problems_of(
          "hook_points:\n"
          "  n.seen: { kind: observe, on_failure: pass, data: { type: object } }\n"
          "  n.odd: { kind: filtre, data: { type: string } }\n"
          "hooks:\n"
          "  m.sent: { phase: observe, required: true, before: [notes, Web], after: [web] }\n"
          "  m.x: { phase: join, before: [web], after: [web] }\n"
          "  m.y: {}\n"
          "assets: [{ path: x, directory: ../ui }]\n"
          "provides: [cloud]\n"),
      ElementsAre(
          "plugin.yaml:4:28: `on_failure` stands at a hook that only observes; remove it: what "
          "observes can refuse nothing",
          "plugin.yaml:5:18: expected \"filter\", \"join\" or \"observe\", found the string "
          "\"filtre\"; did you mean \"filter\"?",
          "plugin.yaml:5:32: the data of a hook is not an object; `type: object`",
          "plugin.yaml:7:29: `required` stands at a hook that is no join; remove it",
          "plugin.yaml:7:54: the plugin is ordered against itself; remove it",
          "plugin.yaml:7:61: `Web` is no name for a plugin; a lower-case letter, then lower-case "
          "letters, digits and hyphens",
          "plugin.yaml:8:46: `web` stands under both `before` and `after`; one of the two",
          "plugin.yaml:9:8: `phase` is missing; give \"filter\", \"join\" or \"observe\"",
          "plugin.yaml:10:18: expected a string that matches `^/`, found the string \"x\"",
          "plugin.yaml:10:32: `../ui` leads out of the plugin's folder; a path within it",
          "plugin.yaml:11:12: expected \"storage\", found the string \"cloud\""));
}

TEST(admits, ranges) {
  const std::vector<std::tuple<std::string, std::string, bool>> cases = {
      {"*", "0.0.1", true},           {"^1", "1.0.0", true},           {"^1", "1.99.3", true},
      {"^1", "2.0.0", false},         {"^1", "0.9.9", false},          {"^1.2", "1.1.9", false},
      {"^0.2", "0.2.7", true},        {"^0.2", "0.3.0", false},        {"^0.0.3", "0.0.3", true},
      {"^0.0.3", "0.0.4", false},     {"^0", "0.9.0", true},           {"^0", "1.0.0", false},
      {"~1.2", "1.2.9", true},        {"~1.2", "1.3.0", false},        {"~1", "1.9.0", true},
      {">=1.2 <2", "1.2.0", true},    {">=1.2 <2", "2.0.0", false},    {">1", "1.5.0", false},
      {">1", "2.0.0", true},          {"<=1.2", "1.2.9", true},        {"<=1.2", "1.3.0", false},
      {"1.2.3", "1.2.3", true},       {"1.2.3", "1.2.4", false},       {"1", "1.4.0", true},
      {"=1.2", "1.2.5", true},        {"^1", "1.0.0-rc.1", false},     {"^1", "2.0.0-rc.1", false},
      {">=1.0.0-a", "1.0.0-b", true}, {">=1.0.0-2", "1.0.0-10", true}, {"", "1.0.0", false},
      {"one", "1.0.0", false},        {"^1 x", "1.0.0", false},        {"*", "1.0", false},
      {"*", "01.0.0", false},         {"*", "1.0.0.0", false},         {"^", "1.0.0", false},
      {"^1", "1.0.0+build", true}};
  for (const auto& [range, version, expected] : cases) {
    EXPECT_EQ(admits(range, version), expected) << range << " and " << version;
  }
}

} // namespace
} // namespace parley::manifest
