// What the two documents say of manifests.

#include "documents.hpp"

#include "error_codes.hpp"
#include "yaml_document.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace parley::documents {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

manifest::manifest read(const std::string& text) {
  std::vector<yaml::problem> problems;
  auto out = manifest::read(yaml::parse(text, "plugin.yaml", problems), problems);
  for (const auto& each : problems) ADD_FAILURE() << yaml::to_string(each);
  return out;
}

const manifest::manifest& notes() {
  static const manifest::manifest all = read(R"(
plugin: my-notes
version: 1.2.3
summary: Notes.
types:
  note: { type: object, required: [id, text], properties: { id: id, text: { $ref: '#/types/line' }, by: account } }
  line: { type: string, minLength: 1, examples: [Milk] }
  page: { type: object, required: [items], properties: { items: { type: array, items: { $ref: '#/types/note' } } } }
  unused: { type: string }
scopes:
  book: { roles: [owner] }
methods:
  notes.add:
    doc: Keeps a note. For good.
    http: POST /v1/books/{book}/notes
    permission: { name: notes.add, scope: book, default: [owner] }
    idempotent: id
    params: { type: object, required: [book, id, text], properties: { book: id, id: id, text: { $ref: '#/types/line' }, pinned: { type: boolean } } }
    result: { $ref: '#/types/note' }
    errors: [not_found, too_long]
  notes.list:
    http: GET /v1/books/{folder}/notes
    params: { type: object, required: [folder], properties: { folder: id, limit: { type: integer, default: 20 } } }
    result: { $ref: '#/types/page', description: A page. }
  notes.drop:
    http: DELETE /v1/books/{book}
    params: { type: object, required: [book], properties: { book: id, why: { enum: [old, wrong] }, which: { type: array, items: id } } }
  notes.quiet: { params: { type: object } }
  notes.all: { visibility: admin, http: GET /v1/all, params: { type: object } }
  notes.inner: { visibility: plugin, params: { type: object } }
routes:
  hook: { http: 'POST /v1/hooks/{name}', doc: Takes what comes. }
events:
  note.added: { topic: book, durable: true, data: { $ref: '#/types/note' }, personal: { subject: by, on_erase: delete } }
  note.read: { topic: account, data: { type: object, required: [id], properties: { id: id } } }
)");
  return all;
}

const json::value& open() {
  static const json::value all = openapi({&notes()}, {"Here", "0.1.0"});
  return all;
}
const json::value& async() {
  static const json::value all = asyncapi({&notes()}, {"Here", "0.1.0"});
  return all;
}

std::string at(const json::value& document, const std::string& pointer) {
  boost::system::error_code none;
  const json::value* found = document.find_pointer(pointer, none);
  return found ? json::serialize(*found) : "nothing";
}

TEST(openapi, has_a_path_for_every_route_that_clients_may_take) {
  EXPECT_EQ(at(open(), "/openapi"), R"("3.1.0")");
  EXPECT_EQ(at(open(), "/info/title"), R"("Here")");
  EXPECT_EQ(at(open(), "/tags"), R"([{"name":"my-notes","description":"Notes."}])");
  std::vector<std::string> paths;
  for (const auto& each : open().at("paths").as_object()) paths.emplace_back(each.key());
  EXPECT_THAT(paths, testing::UnorderedElementsAre("/v1/books/{book}", "/v1/books/{book}/notes",
                                                   "/v1/hooks/{name}"));
}

TEST(openapi, says_of_a_method_what_its_manifest_says) {
  const auto& add = open().at_pointer("/paths/~1v1~1books~1{book}~1notes/post");
  EXPECT_EQ(at(add, "/operationId"), R"("notes.add")");
  EXPECT_EQ(at(add, "/summary"), R"("Keeps a note")");
  EXPECT_EQ(
      at(add, "/description"),
      R"("Keeps a note. For good.\n\nPermission `notes.add`, in the scope `book`; who has it: )"
      R"(`owner`. Repeating it with the same `id` gives the first reply. Rate class: `write`.")");
  EXPECT_EQ(at(add, "/security"), R"([{"bearer":[]}])");
  EXPECT_EQ(at(add, "/parameters/0/name"), R"("book")");
  EXPECT_EQ(at(add, "/parameters/1/name"), "\"Idempotency-Key\""); // in place of `id`
  EXPECT_EQ(at(add, "/parameters/1/required"), "false");
  const auto& body = add.at_pointer("/requestBody/content/application~1json");
  EXPECT_EQ(at(body, "/schema/required"), R"(["text"])");
  EXPECT_EQ(at(body, "/schema/properties/pinned"), R"({"type":"boolean"})");
  EXPECT_EQ(at(body, "/schema/additionalProperties"), "false");
  EXPECT_EQ(at(body, "/example"), R"({"id":"0191f3a0-1c2d-7e4f-8a5b-6c7d8e9f0a1b","text":"Milk"})");
  EXPECT_EQ(at(add, "/responses/200/content/application~1json/schema/$ref"),
            R"("#/components/schemas/my-notes.note")");
  EXPECT_EQ(at(add, "/responses/404/$ref"), R"("#/components/responses/error_404")");
  EXPECT_EQ(at(add, "/responses/409/$ref"), R"("#/components/responses/error_409")");
  EXPECT_THAT(at(add, "/responses/422/description"), HasSubstr("`too_long`"));
}

TEST(openapi, names_how_else_one_may_say_who_one_is) {
  const manifest::manifest keys =
      read("plugin: keys\nversion: 1.0.0\nsummary: Keys.\nhttp_authentication: [basic]\n");
  const json::value all = openapi({&notes(), &keys}, {"Here", "0.1.0"});
  EXPECT_EQ(json::serialize(all.at_pointer("/components/securitySchemes/basic")),
            R"({"type":"http","scheme":"basic"})");
  EXPECT_EQ(json::serialize(all.at_pointer("/paths/~1v1~1books~1{book}~1notes/post/security")),
            R"([{"bearer":[]},{"basic":[]}])");
  EXPECT_EQ(json::serialize(all.at_pointer("/paths/~1v1~1books~1{book}~1notes/get/security")),
            R"([{},{"bearer":[]},{"basic":[]}])");
}

TEST(openapi, takes_plain_parameters_of_get_from_the_query_and_says_null_for_no_result) {
  const auto& list = open().at_pointer("/paths/~1v1~1books~1{book}~1notes/get");
  EXPECT_EQ(at(list, "/summary"), R"("notes.list")");
  EXPECT_EQ(at(list, "/security"), R"([{},{"bearer":[]}])");
  // As the other verb of the same path calls it.
  EXPECT_EQ(at(list, "/parameters/0/name"), R"("book")");
  EXPECT_EQ(at(list, "/parameters/1/in"), R"("query")");
  EXPECT_EQ(at(list, "/parameters/1/example"), "nothing");
  EXPECT_EQ(at(list, "/requestBody"), "nothing");
  EXPECT_EQ(at(list, "/responses/200/content/application~1json/schema"),
            R"({"$ref":"#/components/schemas/my-notes.page","description":"A page."})");
  const auto& drop = open().at_pointer("/paths/~1v1~1books~1{book}/delete");
  EXPECT_EQ(at(drop, "/parameters/1/in"), R"("query")");
  EXPECT_THAT(at(drop, "/requestBody/content/application~1json/schema/properties"),
              HasSubstr(R"({"which":{"type":"array")"));
  EXPECT_EQ(at(drop, "/requestBody/required"), "false");
  EXPECT_EQ(at(drop, "/responses/200/content/application~1json"),
            R"({"schema":{"type":"null"},"example":null})");
}

TEST(openapi, has_the_types_that_are_used_each_once) {
  const auto& schemas = open().at_pointer("/components/schemas");
  EXPECT_EQ(at(schemas, "/my-notes.note/properties/text"),
            R"({"$ref":"#/components/schemas/my-notes.line"})");
  EXPECT_EQ(at(schemas, "/my-notes.page/properties/items/items"),
            R"({"$ref":"#/components/schemas/my-notes.note"})");
  EXPECT_EQ(at(schemas, "/my-notes.unused"), "nothing");
  EXPECT_EQ(json::serialize(open()).find("x-type"), std::string::npos);
}

TEST(openapi, has_raw_routes) {
  const auto& hook = open().at_pointer("/paths/~1v1~1hooks~1{name}/post");
  EXPECT_EQ(at(hook, "/operationId"), R"("my-notes/hook")");
  EXPECT_EQ(at(hook, "/parameters/0/name"), R"("name")");
  EXPECT_EQ(at(hook, "/responses/2XX/content"), R"({"*/*":{}})");
}

TEST(openapi, leaves_a_pattern_that_only_re2_reads_to_those_who_know_it) {
  const auto plugin = read(R"(
plugin: odd
version: 1.0.0
methods:
  odd.say: { http: POST /v1/odd, params: { type: object, required: [x], properties: { x: { type: string, pattern: '(?i)^a$', examples: [A] } } } }
)");
  const json::value document = openapi({&plugin}, {"Here", "0.1.0"});
  EXPECT_EQ(at(document,
               "/paths/~1v1~1odd/post/requestBody/content/application~1json/schema/"
               "properties/x/x-re2-pattern"),
            R"("(?i)^a$")");
}

TEST(openapi, stands_without_an_example_that_cannot_be_made) {
  const auto plugin = read(R"(
plugin: odd
version: 1.0.0
methods:
  odd.say: { http: POST /v1/odd, params: { type: object, required: [x], properties: { x: { type: string, pattern: '^odd$' } } } }
)");
  const json::value document = openapi({&plugin}, {"Here", "0.1.0"});
  EXPECT_EQ(at(document, "/paths/~1v1~1odd/post/requestBody/content/application~1json/example"),
            "nothing");
}

TEST(asyncapi, has_every_method_as_a_call_with_its_reply) {
  EXPECT_EQ(at(async(), "/asyncapi"), R"("3.0.0")");
  const auto& call = async().at_pointer("/components/messages/call.notes.add");
  EXPECT_EQ(at(call, "/payload/properties/method"), R"({"const":"notes.add"})");
  EXPECT_EQ(at(call, "/payload/required"), R"(["id","method","params"])");
  EXPECT_EQ(at(call, "/payload/properties/params/additionalProperties"), "false");
  EXPECT_THAT(at(call, "/examples/0/payload"), HasSubstr(R"("text":"Milk")"));
  const auto& operation = async().at_pointer("/operations/call.notes.add");
  EXPECT_EQ(at(operation, "/action"), R"("receive")");
  EXPECT_EQ(at(operation, "/reply/messages/0/$ref"),
            R"("#/channels/socket/messages/result.notes.add")");
  EXPECT_EQ(at(async(), "/components/messages/call.notes.quiet/payload/required"),
            R"(["id","method"])");
  EXPECT_EQ(at(async(), "/components/messages/result.notes.quiet/payload/properties/result"),
            R"({"type":"null"})");
  for (const char* hidden : {"call.notes.all", "call.notes.inner"})
    EXPECT_EQ(at(async(), std::string("/components/messages/") + hidden), "nothing");
}

TEST(asyncapi, has_events_numbered_where_they_are_durable) {
  const auto& added = async().at_pointer("/components/messages/event.note.added");
  EXPECT_EQ(at(added, "/payload/required"), R"(["topic","event","data","at","seq"])");
  EXPECT_EQ(at(added, "/payload/properties/data/$ref"), R"("#/components/schemas/my-notes.note")");
  EXPECT_EQ(at(added, "/payload/properties/topic/pattern"), R"("^book:[A-Za-z0-9_-]+$")");
  EXPECT_EQ(at(added, "/examples/0/payload/seq"), "12");
  EXPECT_EQ(at(added, "/x-durable"), "true");
  const auto& was_read = async().at_pointer("/components/messages/event.note.read");
  EXPECT_EQ(at(was_read, "/payload/properties/seq"), "nothing");
  EXPECT_EQ(at(async(), "/operations/event.note.read/action"), R"("send")");
}

TEST(asyncapi, has_the_frames_of_the_protocol) {
  EXPECT_EQ(at(async(), "/channels/socket/address"), R"("/v1/socket")");
  EXPECT_EQ(at(async(), "/operations/frame.resume/reply/messages/0/$ref"),
            R"("#/channels/socket/messages/frame.resumed")");
  EXPECT_EQ(at(async(), "/channels/socket/messages/frame.hello/$ref"),
            R"("#/components/messages/frame.hello")");
}

TEST(documents, are_the_same_in_whatever_order_the_plugins_come) {
  const auto other =
      read("plugin: a-first\nversion: 1.0.0\nmethods: { first.go: { http: GET /v1/go } }\n");
  const auto silent = read("plugin: silent\nversion: 1.0.0\n");
  for (const auto write : {openapi, asyncapi}) {
    const about here{"Here", "0.1.0"};
    EXPECT_EQ(write({&notes(), &other}, here), write({&other, &silent, &notes()}, here));
    EXPECT_EQ(to_text(write({&notes(), &other}, here)), to_text(write({&other, &notes()}, here)));
  }
}

// Of what this repository ships, everything has one.
TEST(documents, have_an_example_of_every_method_and_event) {
  const std::filesystem::path root = PARLEY_SOURCE_DIR;
  std::vector<std::filesystem::path> files{root / "kernel/identity/plugin.yaml"};
  for (const char* folder : {"plugins", "examples"})
    for (const auto& each : std::filesystem::directory_iterator(root / folder))
      if (std::filesystem::exists(each.path() / "plugin.yaml"))
        files.push_back(each.path() / "plugin.yaml");
  std::vector<manifest::manifest> all;
  std::vector<yaml::problem> problems;
  for (const auto& file : files)
    all.push_back(manifest::read(yaml::read_file(file, problems), problems));
  EXPECT_TRUE(problems.empty());
  manifests pointers;
  for (const auto& each : all) pointers.push_back(&each);
  const json::value document = asyncapi(pointers, {"Here", "0.1.0"});
  const auto& messages = document.at_pointer("/components/messages").as_object();
  EXPECT_GT(messages.size(), 80u);
  for (const auto& each : messages)
    EXPECT_TRUE(each.value().as_object().contains("examples")) << each.key();
}

TEST(error_codes, are_those_of_the_protocol_page) {
  std::ifstream file(PARLEY_SOURCE_DIR "/docs/protocol.md");
  std::ostringstream text;
  text << file.rdbuf();
  std::string rows;
  for (const error_code& one : error_codes())
    rows += "| " + std::string(one.code) +
            (one.status == 0 ? " | | " : " | " + std::to_string(one.status) + " | ") +
            std::string(one.meaning) + " |\n";
  EXPECT_THAT(text.str(), HasSubstr("| code | HTTP | meaning |\n|---|---|---|\n" + rows + "\n"));
}

} // namespace
} // namespace parley::documents
