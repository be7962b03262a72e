#include "config/config.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace parley::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class config_file : public testing::Test {
 protected:
  config_file() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-config-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~config_file() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  config read(const std::string& text) {
    write("parley.yaml", text);
    return load((folder_ / "parley.yaml").string(), problems_,
                [this](const std::string& name) -> std::optional<std::string> {
                  const auto found = variables_.find(name);
                  if (found == variables_.end()) return {};
                  return found->second;
                });
  }

  // Without the folder, which has a name of its own every time.
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const auto& p : problems_) {
      std::string line = yaml::to_string(p);
      const std::string prefix = folder_.string() + "/";
      for (auto at = line.find(prefix); at != line.npos; at = line.find(prefix)) {
        line.erase(at, prefix.size());
      }
      out.push_back(line);
    }
    return out;
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
  std::vector<yaml::problem> problems_;
};

TEST_F(config_file, has_a_default_for_everything) {
  const config c = read("{}");
  EXPECT_THAT(lines(), IsEmpty());
  EXPECT_EQ(c.server.name, "Parley");
  EXPECT_FALSE(c.serve_api_documents);
  EXPECT_EQ(c.server.data, folder_ / "data");
  ASSERT_EQ(c.listen.size(), 1u);
  EXPECT_EQ(c.listen[0].address, "127.0.0.1");
  EXPECT_EQ(c.listen[0].port, 8080);
  EXPECT_EQ(c.log_retention_days, 7u);
  EXPECT_EQ(c.compare_heads_ms, 0u);
  EXPECT_EQ(c.identity.access_token_minutes, 15u);
  EXPECT_THAT(c.plugins, IsEmpty());
  EXPECT_EQ(c.rates.classes.at("write").per_second, 20u);
  EXPECT_EQ(c.rates.classes.at("search").burst, 30u);
  EXPECT_THAT(c.rates.methods, IsEmpty());
  EXPECT_EQ(c.rates.per_address, 20u);
  const net::limits built_in;
  EXPECT_EQ(c.limits.frame_bytes, built_in.frame_bytes);
  EXPECT_EQ(c.limits.resume_bytes, built_in.resume_bytes);
  EXPECT_EQ(c.limits.header_bytes, built_in.header_bytes);
  EXPECT_EQ(c.limits.deflate_above_bytes, built_in.deflate_above_bytes);
  EXPECT_EQ(c.limits.body_bytes, built_in.body_bytes);
  EXPECT_EQ(c.limits.unfinished_bytes, built_in.unfinished_bytes);
  EXPECT_EQ(c.limits.connections, built_in.connections);
  EXPECT_EQ(c.limits.connections_per_address, built_in.connections_per_address);
  EXPECT_EQ(c.limits.handshake_seconds, built_in.handshake_seconds);
  EXPECT_EQ(c.limits.header_seconds, built_in.header_seconds);
  EXPECT_EQ(c.limits.body_seconds, built_in.body_seconds);
  EXPECT_EQ(c.limits.idle_seconds, built_in.idle_seconds);
  EXPECT_EQ(c.limits.queue_bytes, built_in.queue_bytes);
  EXPECT_EQ(c.limits.outstanding, built_in.outstanding);
  EXPECT_EQ(c.limits.close_seconds, built_in.close_seconds);
}

TEST_F(config_file, names_master_keys) {
  variables_["KEY"] = "parley-master-key:x";
  const config c = read(
      "storage: { master_keys: [{ file: keys/new }, { key: '${KEY}' }] }\n"
      "limits: { data_keys: 7, data_key_seconds: 9 }\n");
  EXPECT_THAT(lines(), IsEmpty());
  ASSERT_EQ(c.master_keys.size(), 2u);
  EXPECT_EQ(c.master_keys[0].file, folder_ / "keys/new");
  EXPECT_EQ(c.master_keys[0].key, "");
  EXPECT_EQ(c.master_keys[1].file, "");
  EXPECT_EQ(c.master_keys[1].key, "parley-master-key:x");
  EXPECT_EQ(c.limits.stored.data_keys, 7u);
  EXPECT_EQ(c.limits.stored.data_key_seconds, 9u);
}

TEST_F(config_file, a_master_key_comes_from_one_place) {
  read(
      "storage:\n"
      "  master_keys:\n"
      "    - {}\n"
      "    - { file: a, key: b }\n");
  EXPECT_THAT(
      lines(),
      ElementsAre("parley.yaml:3:7: a master key has either a file or a key; `file: PATH`",
                  "parley.yaml:4:7: a master key has either a file or a key; `file: PATH`"));
}

TEST_F(config_file, two_listeners_have_two_places) {
  read(
      "listen:\n"
      "  - { address: 127.0.0.1, port: 80 }\n"
      "  - { address: 127.0.0.2, port: 80 }\n"
      "  - { address: 127.0.0.1, port: 0 }\n"
      "  - { address: 127.0.0.1, port: 0 }\n"
      "  - { address: 127.0.0.1, port: 80 }\n");
  EXPECT_THAT(lines(), ElementsAre("parley.yaml:6:5: another listener has the address 127.0.0.1 "
                                   "and port 80; another port"));
}

TEST_F(config_file, a_listener_has_an_address_that_no_other_takes) {
  read(
      "listen:\n"
      "  - { address: 127.0.0.999, port: 80 }\n"
      "  - { address: '::1', port: 80 }\n"
      "  - { address: '0:0:0:0:0:0:0:1', port: 80 }\n"
      "  - { address: 127.0.0.1, port: 81 }\n"
      "  - { address: 0.0.0.0, port: 81 }\n");
  EXPECT_THAT(
      lines(),
      ElementsAre("parley.yaml:2:5: 127.0.0.999 is no IP address; such as 127.0.0.1 or ::1",
                  "parley.yaml:4:5: another listener has the address 0:0:0:0:0:0:0:1 and port 80; "
                  "another port",
                  "parley.yaml:6:5: another listener has the address 0.0.0.0 and port 81; another "
                  "port"));
}

TEST_F(config_file, an_origin_is_as_browsers_write_it) {
  read(
      "cors:\n"
      "  origins:\n"
      "    - https://a.example:443\n"
      "    - http://a.example:80\n"
      "    - http://a.example:443\n"
      "    - '*'\n");
  EXPECT_THAT(lines(), ElementsAre("parley.yaml:3:7: browsers write this origin without its port; "
                                   "`https://a.example`",
                                   "parley.yaml:4:7: browsers write this origin without its port; "
                                   "`http://a.example`"));
}

TEST_F(config_file, is_read_into_typed_structures) {
  const config c = read(R"(
server: { name: Test, data: /srv/parley }
listen:
  - { address: '::1', port: 0 }
  - { address: 0.0.0.0, port: 8443, tls: { certificate: tls/cert.pem, key: /etc/key.pem } }
net: { shards: 2 }
limits: { frame_bytes: 2048, batch_operations: 2000, lua_instructions: 5000000000 }
identity: { access_token_minutes: 5 }
roles: { admin: { permissions: ['*', account.get], accounts: [a1] } }
log: { level: debug, format: json }
storage: { log_retention_days: 3, compare_heads_ms: 500 }
plugin_path: [../plugins, /usr/lib/parley]
plugins:
  web:
  messaging: {}
  word-filter: { config: { words: [badger] }, grants: [bot] }
)");
  EXPECT_THAT(lines(), IsEmpty());
  EXPECT_EQ(c.server.data, "/srv/parley");
  ASSERT_EQ(c.listen.size(), 2u);
  EXPECT_FALSE(c.listen[0].tls);
  ASSERT_TRUE(c.listen[1].tls);
  EXPECT_EQ(c.listen[1].tls->certificate, folder_ / "tls/cert.pem");
  EXPECT_EQ(c.listen[1].tls->key, "/etc/key.pem");
  EXPECT_EQ(c.shards, 2u);
  EXPECT_EQ(c.limits.frame_bytes, 2048u);
  EXPECT_EQ(c.limits.stored.batch_operations, 2000u);
  EXPECT_EQ(c.limits.stored.record_bytes, 1'048'576u);
  EXPECT_EQ(c.limits.stored.value_depth, 128u);
  EXPECT_EQ(c.limits.lua_instructions, 5'000'000'000u);
  EXPECT_THAT(c.roles.at("admin").permissions, ElementsAre("*", "account.get"));
  EXPECT_THAT(c.roles.at("admin").accounts, ElementsAre("a1"));
  EXPECT_EQ(c.log_level, observe::level::debug);
  EXPECT_EQ(c.log_format, observe::format::json);
  EXPECT_EQ(c.log_retention_days, 3u);
  EXPECT_EQ(c.compare_heads_ms, 500u);
  EXPECT_THAT(c.plugin_path, ElementsAre(folder_.parent_path() / "plugins",
                                         std::filesystem::path("/usr/lib/parley")));
  ASSERT_EQ(c.plugins.size(), 3u);
  EXPECT_EQ(c.plugins[0].name, "web");
  EXPECT_EQ(c.plugins[1].name, "messaging");
  EXPECT_THAT(c.find("word-filter")->grants, ElementsAre("bot"));
  EXPECT_EQ(boost::json::serialize(c.find("word-filter")->written), R"({"words":["badger"]})");
}

TEST_F(config_file, lists_everything_that_is_wrong) {
  read(R"(servr: {}
listen:
  - { address: localhost, port: 80800 }
  - { port: "8080" }
limits:
  frame_byte: 1
  body_bytes: 10
log: { level: inf }
roles: { admin: { permissions: ['* *'] } }
plugins:
  web: { config: 3, grants: [root] }
)");
  EXPECT_THAT(
      lines(),
      ElementsAre(
          "parley.yaml:1:1: unknown key `servr`; did you mean `server`?",
          "parley.yaml:3:16: expected text of at most 45 characters that matches "
          "`^[0-9a-fA-F:.]+$`, found the string \"localhost\"",
          "parley.yaml:3:33: expected an integer from 0 to 65535, found the number 80800",
          "parley.yaml:4:5: `address` is missing; give text of at most 45 characters that matches "
          "`^[0-9a-fA-F:.]+$`",
          "parley.yaml:4:13: expected an integer from 0 to 65535, found the string \"8080\"; "
          "remove the quotes",
          "parley.yaml:6:3: unknown key `frame_byte`; did you mean `frame_bytes`?",
          "parley.yaml:7:15: expected an integer from 1024 to 1073741824, found the number 10",
          "parley.yaml:8:15: expected \"debug\", \"info\", \"warn\" or \"error\", found the string "
          "\"inf\"; did you mean \"info\"?",
          "parley.yaml:9:33: expected a string that matches "
          "`^(\\*|[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*)$`, found the string \"* *\"",
          "parley.yaml:11:18: expected an object, found the number 3",
          "parley.yaml:11:30: expected \"bot\", \"identity\", \"authenticator\" or "
          "\"connections\", found the string \"root\""));
}

TEST_F(config_file, that_is_not_there_or_not_yaml_says_so) {
  load((folder_ / "none.yaml").string(), problems_);
  load(folder_.string(), problems_);
  read("listen: [");
  ASSERT_EQ(problems_.size(), 3u);
  EXPECT_EQ(lines()[0], "none.yaml: the file cannot be read; give the path of a file that can");
  EXPECT_THAT(lines()[1], testing::HasSubstr("the file cannot be read"));
  EXPECT_THAT(lines()[2], testing::StartsWith("parley.yaml:1:1: this is not YAML: "));
}

TEST_F(config_file, takes_variables_in_values) {
  variables_ = {{"PORT", "9000"}, {"NAME", "Env"}, {"EMPTY", ""}};
  const config c = read(R"(
server: { name: "${NAME} costs $$5 ${EMPTY}${UNSET:-or so}" }
listen: [{ address: '${ADDRESS:-127.0.0.1}', port: '${PORT}' }]
)");
  EXPECT_THAT(lines(), IsEmpty());
  EXPECT_EQ(c.server.name, "Env costs $5 or so");
  EXPECT_EQ(c.listen[0].address, "127.0.0.1");
  EXPECT_EQ(c.listen[0].port, 9000);
}

TEST_F(config_file, says_what_is_wrong_with_variables_and_shows_no_secret) {
  variables_ = {{"PORT", "hunter2"}};
  read(R"(
server: { name: '${UNSET}', data: '${1x}' }
listen: [{ address: 127.0.0.1, port: '${PORT}' }]
plugin_path: ['${PORT']
)");
  EXPECT_THAT(
      lines(),
      ElementsAre("parley.yaml:2:17: the environment variable `UNSET` is not set; set it, or "
                  "write `${UNSET:-text}`",
                  "parley.yaml:2:17: expected text of 1 to 100 characters, found what "
                  "`${UNSET}` gives",
                  "parley.yaml:2:35: `${1x}` names no environment variable; `${NAME}` or "
                  "`${NAME:-text}`, or `$$` for one `$`",
                  "parley.yaml:2:35: expected text of at least 1 character, found what "
                  "`${1x}` gives",
                  "parley.yaml:3:38: expected an integer from 0 to 65535, found what "
                  "`${PORT}` gives",
                  "parley.yaml:4:15: `${` has no end; `${NAME}`, or `$$` for one `$`",
                  "parley.yaml:4:15: expected text of at least 1 character, found what "
                  "`${PORT` gives"));
}

TEST_F(config_file, takes_secrets_from_files_within_plugin_configuration_only) {
  write("secret", "s3cret\n");
  const config c = read(R"(
server: { name: 'file:secret' }
plugins:
  web: { config: { key: 'file:secret', list: ['file:secret'], plain: 'a file:secret' } }
)");
  EXPECT_THAT(lines(), IsEmpty());
  EXPECT_EQ(c.server.name, "file:secret");
  EXPECT_EQ(boost::json::serialize(c.find("web")->written),
            R"({"key":"s3cret","list":["s3cret"],"plain":"a file:secret"})");
  read("plugins: { web: { config: { key: 'file:none', dir: 'file:.' } } }");
  EXPECT_THAT(
      lines(),
      ElementsAre("parley.yaml:1:34: the file `none` cannot be read; `file:` and the path of "
                  "a file that can",
                  testing::StartsWith("parley.yaml:1:52: the file `")));
}

const boost::json::object words_schema =
    boost::json::parse(R"({"type":"object","required":["words"],"properties":{
      "words":{"type":"array","minItems":1,"items":{"type":"string","minLength":1}},
      "limit":{"type":"integer","minimum":1,"maximum":100,"default":20}}})")
        .as_object();

TEST_F(config_file, checks_a_plugins_configuration_and_fills_in_defaults) {
  variables_ = {{"LIMIT", "7"}};
  const config c = read(R"(
plugins:
  good: { config: { words: [a] } }
  typed: { config: { words: [a], limit: '${LIMIT}' } }
)");
  EXPECT_EQ(boost::json::serialize(check_plugin_config(c, "good", words_schema, problems_)),
            R"({"words":["a"],"limit":20})");
  EXPECT_EQ(check_plugin_config(c, "typed", words_schema, problems_).at("limit").as_int64(), 7);
  EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(config_file, maps_a_plugins_breaches_back_to_the_file) {
  const config c = read(R"(
plugins:
  wrong:
    config:
      wrods: [a]
      limit: 0
  bare: {}
)");
  check_plugin_config(c, "wrong", words_schema, problems_);
  check_plugin_config(c, "bare", words_schema, problems_);
  problems_.push_back(unknown_plugin(c, "bare", {"bars", "web"}));
  problems_.push_back(unknown_plugin(c, "wrong", {"web"}));
  problems_.push_back(plugin_problem(c, "wrong", "it failed", "mend it"));
  EXPECT_THAT(
      lines(),
      ElementsAre(
          "parley.yaml:5:7: unknown key `wrods`; did you mean `words`?",
          "parley.yaml:5:7: `words` is missing; give an array of at least 1 item",
          "parley.yaml:6:14: expected an integer from 1 to 100, found the number 0",
          "parley.yaml:7:3: the plugin `bare` needs configuration: `words` is missing; give "
          "an array of at least 1 item under `config`",
          "parley.yaml:7:3: there is no plugin `bare` in plugin_path; did you mean `bars`?",
          "parley.yaml:3:3: there is no plugin `wrong` in plugin_path; known here: `web`",
          "parley.yaml:3:3: it failed; mend it"));
}

TEST(shipped_configuration, reads_without_a_problem) {
  const std::filesystem::path folder = PARLEY_SOURCE_DIR "/config";
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".yaml") continue;
    std::vector<yaml::problem> problems;
    load(file.path().string(), problems);
    for (const auto& p : problems) ADD_FAILURE() << yaml::to_string(p);
  }
}

} // namespace
} // namespace parley::config
