#include "plugin/quarantine.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace parley::plugin {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class held : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "parley-held-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    jail_ = std::make_unique<quarantine>(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  candidate lua(const std::string& name, const std::string& needs = "") {
    candidate c;
    c.name = c.declared.name = name;
    c.declared.version = "1.0.0";
    c.declared.language = manifest::runtime::lua;
    if (!needs.empty()) c.declared.dependencies[needs] = "^1";
    c.folder = folder_ / name;
    fs::create_directories(folder_ / name / "deep");
    write(name, "plugin.yaml", "plugin: " + name);
    write(name, "init.lua", "return 1");
    return c;
  }
  void write(const std::string& name, const std::string& file, const std::string& text) const {
    std::ofstream(folder_ / name / file) << text;
  }
  void put(const candidate& c) const {
    EXPECT_EQ(jail_->put({c.name, "1.0.0", digest_of(c), "it looped", "2026-01-01"}), "");
  }
  std::vector<std::string> hold(std::vector<candidate> all) {
    std::vector<std::string> names;
    for (const held_plugin& h : hold_back(all, *jail_)) names.push_back(h.what.name);
    return names;
  }

  fs::path folder_;
  std::unique_ptr<quarantine> jail_;
};

TEST_F(held, keeps_what_was_said) {
  const candidate c = lua("alpha");
  EXPECT_FALSE(jail_->find("alpha"));
  put(c);
  const auto found = jail_->find("alpha");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->version, "1.0.0");
  EXPECT_EQ(found->digest, digest_of(c));
  EXPECT_EQ(found->why, "it looped");
  EXPECT_TRUE(jail_->release("alpha"));
  EXPECT_FALSE(jail_->release("alpha"));
  EXPECT_FALSE(jail_->find("alpha"));
}

TEST_F(held, takes_out_who_needs_them_too) {
  const auto all = {lua("alpha"), lua("beta", "alpha"), lua("delta", "beta"), lua("other")};
  EXPECT_TRUE(hold(all).empty());
  put(*all.begin());
  EXPECT_THAT(hold(all), ElementsAre("alpha", "beta", "delta"));
  EXPECT_THAT(hold(all), ElementsAre("alpha", "beta", "delta")); // until somebody does something
}

TEST_F(held, what_has_changed_is_released) {
  const candidate c = lua("alpha");
  for (const char* const file : {"plugin.yaml", "init.lua", "deep/more.lua"}) {
    put(c);
    EXPECT_THAT(hold({c}), ElementsAre("alpha"));
    write("alpha", file, std::string("-- ") + file);
    EXPECT_TRUE(hold({c}).empty()) << file;
    EXPECT_FALSE(jail_->find("alpha"));
  }
}

TEST_F(held, other_files_of_the_folder_are_no_change) {
  const candidate c = lua("alpha");
  put(c);
  write("alpha", "README.md", "Read me.");
  EXPECT_THAT(hold({c}), ElementsAre("alpha"));
}

TEST_F(held, a_word_that_cannot_be_read_holds) {
  const candidate c = lua("alpha");
  put(c);
  std::ofstream(jail_->file_of("alpha")) << "{";
  std::vector<candidate> all{c};
  const auto out = hold_back(all, *jail_);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_TRUE(all.empty());
  EXPECT_THAT(out[0].why, HasSubstr("cannot be read"));
}

TEST_F(held, says_what_cannot_be_written) {
  std::ofstream(folder_ / "quarantine") << "a file where the folder should be";
  EXPECT_THAT(jail_->put({"alpha", "", "", "", ""}), HasSubstr("cannot be made"));
}

} // namespace
} // namespace parley::plugin
