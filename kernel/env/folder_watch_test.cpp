#include "env/folder_watch.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace parley::env {
namespace {

namespace fs = std::filesystem;

class watched : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "parley-watch-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const fs::path& file) const { std::ofstream(folder_ / file) << "text"; }
  void until_told() {
    const auto turn = loop_.on_turn_end([this] {
      if (!told_.empty()) loop_.stop();
    });
    loop_.run();
    loop_.forget_turn_end(turn);
  }

  real_loop loop_;
  fs::path folder_;
  std::vector<std::string> told_;
  folder_watch watch_{loop_, [this](const std::string& name) { told_.push_back(name); }};
};

TEST_F(watched, tells_of_a_file_that_is_written) {
  EXPECT_EQ(watch_.add("alpha", folder_), "");
  write("init.lua");
  until_told();
  EXPECT_EQ(told_.front(), "alpha");
}

TEST_F(watched, tells_of_a_file_that_is_moved_there_as_editors_do) {
  write(".init.lua.swp");
  EXPECT_EQ(watch_.add("alpha", folder_), "");
  fs::rename(folder_ / ".init.lua.swp", folder_ / "init.lua");
  until_told();
  EXPECT_EQ(told_.front(), "alpha");
}

TEST_F(watched, tells_of_folders_below_and_of_new_ones) {
  fs::create_directory(folder_ / "lists");
  EXPECT_EQ(watch_.add("alpha", folder_), "");
  write("lists/words.lua");
  until_told();
  told_.clear();
  fs::create_directory(folder_ / "more");
  until_told();
  told_.clear();
  write("more/words.lua");
  until_told();
  EXPECT_EQ(told_.front(), "alpha");
}

TEST_F(watched, is_silent_about_what_is_no_part) {
  fs::create_directory(folder_ / "tests");
  EXPECT_EQ(watch_.add("alpha", folder_), "");
  write(".init.lua.swp");
  write("init.lua~");
  write("tests/init_test.lua");
  fs::create_directory(folder_ / "seen"); // which is: what came before it was read before
  until_told();
  EXPECT_EQ(told_.size(), 1U);
  told_.clear();
  write("tests/more_test.lua");
  write("seen/words.lua");
  until_told();
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(watched, says_what_cannot_be_watched) {
  EXPECT_THAT(watch_.add("alpha", folder_ / "nowhere"),
              ::testing::HasSubstr("cannot be watched: No such file"));
}

} // namespace
} // namespace parley::env
