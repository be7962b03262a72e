#include "plugin/catalogue.hpp"

#include "plugin/built_in.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace parley::plugin {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Plugins as an operator would have them, in a folder of their own.
class catalogue : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "parley-catalogue-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    add("store", "provides: [storage]");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void add(const std::string& name, const std::string& manifest) {
    fs::create_directories(folder_ / "plugins" / name);
    std::ofstream(folder_ / "plugins" / name / "plugin.yaml")
        << "plugin: " << name << "\nversion: 1.2.0\nsummary: A test.\nruntime: lua\n"
        << manifest << '\n';
    std::ofstream(folder_ / "plugins" / name / "init.lua") << "";
  }

  // The names in start order; what is wrong goes to problems_ without the folder's path.
  std::vector<std::string> find(const std::string& plugins) {
    const fs::path file = folder_ / "p.yaml";
    std::ofstream(file) << "server: { name: Test, data: ./data }\n"
                        << "listen: [{ address: 127.0.0.1, port: 0 }]\nplugin_path: [plugins]\n"
                        << "plugins:\n"
                        << plugins;
    std::vector<yaml::problem> found;
    const config::config from = config::load(file.string(), found);
    std::vector<std::string> names;
    if (found.empty())
      for (const candidate& c : find_plugins(from, built_in_manifests(), found))
        names.push_back(c.name);
    problems_.clear();
    for (const yaml::problem& p : found) {
      std::string text = yaml::to_string(p);
      for (std::size_t at = 0; (at = text.find(folder_.string() + "/")) != std::string::npos;)
        text.erase(at, folder_.string().size() + 1);
      problems_.push_back(text);
    }
    return names;
  }

  fs::path folder_;
  std::vector<std::string> problems_;
};

TEST_F(catalogue, starts_what_others_need_first) {
  add("apples", "requires: { zebras: ^1 }");
  add("zebras", "");
  EXPECT_THAT(find("  apples: {}\n  store: {}\n  zebras: {}\n"),
              ElementsAre("store", "identity", "zebras", "apples"));
  EXPECT_THAT(problems_, IsEmpty());
}

TEST_F(catalogue, names_what_is_needed_and_missing) {
  add("apples", "requires: { zebras: ^1 }");
  find("  store: {}\n  apples: {}\n");
  EXPECT_THAT(problems_,
              ElementsAre("p.yaml:6:3: the plugin apples needs the plugin zebras ^1, which is not "
                          "switched on; write `zebras: {}` under plugins, or remove apples"));
}

TEST_F(catalogue, suggests_the_nearest_name) {
  find("  stroe: {}\n  store: {}\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("p.yaml:5:3: there is no plugin `stroe` in "
                                               "plugin_path; did you mean `store`?")));
}

TEST_F(catalogue, compares_versions) {
  add("apples", "requires: { store: ^2 }");
  find("  store: {}\n  apples: {}\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("apples needs store ^2, and version 1.2.0")));
}

TEST_F(catalogue, needs_a_store) {
  add("apples", "");
  find("  apples: {}\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("write `storage-sqlite: {}`")));
}

TEST_F(catalogue, finds_circles) {
  add("apples", "requires: { zebras: ^1 }");
  add("zebras", "requires: { apples: ^1 }");
  find("  store: {}\n  apples: {}\n  zebras: {}\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("in a circle: apples, zebras")));
}

TEST_F(catalogue, gives_each_name_one_owner) {
  const std::string method = "methods: { thing.do: { doc: Does., params: { type: object } } }";
  add("apples", method);
  add("zebras", method);
  find("  store: {}\n  apples: {}\n  zebras: {}\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("apples and zebras both declare the method")));
}

TEST_F(catalogue, wants_capabilities_granted) {
  add("apples", "capabilities: { bot: { name: apples, display_name: Apples } }");
  find("  store: {}\n  apples: {}\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("grant it with `grants: [bot]`")));
  find("  store: {}\n  apples: { grants: [bot] }\n");
  EXPECT_THAT(problems_, IsEmpty());
}

// What a Lua plugin is not granted it cannot reach: it does not start.
TEST_F(catalogue, no_capability_comes_without_a_grant) {
  for (const std::string each : {"identity", "authenticator", "connections"}) {
    add("apples", "capabilities: { " + each + ": true }");
    find("  store: {}\n  apples: {}\n");
    EXPECT_THAT(problems_, ElementsAre(HasSubstr("asks for the capability `" + each + "`")));
    find("  store: {}\n  apples: { grants: [" + each + "] }\n");
    EXPECT_THAT(problems_, IsEmpty());
  }
  add("apples", "");
  find("  store: {}\n  apples: { grants: [connections] }\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("does not ask for the capability `connections`")));
}

TEST_F(catalogue, hooks_must_exist_and_be_of_their_kind) {
  add("apples", "hooks: { nobody.has: { phase: filter } }");
  add("pears", "hooks: { account.created: { phase: filter } }");
  find("  store: {}\n  apples: {}\n  pears: {}\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("nobody.has, which no plugin offers"),
                                     HasSubstr("in the phase filter, and its owner says observe")));
}

TEST_F(catalogue, a_plugin_configuration_is_checked_where_it_stands) {
  add("apples", "config: { type: object, properties: { colour: { type: string } } }");
  find("  store: {}\n  apples:\n    config: { color: red }\n");
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("p.yaml:7:15: unknown key `color`")));
}

} // namespace
} // namespace parley::plugin
