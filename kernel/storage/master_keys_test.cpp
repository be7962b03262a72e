#include "storage/master_keys.hpp"

#include "env/real.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace parley::storage {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class master_keys_test : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "parley-keys-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file(const std::string& text, ::mode_t mode = 0600) {
    const auto out = folder_ / "key";
    std::filesystem::remove(out);
    std::ofstream(out) << text;
    ::chmod(out.c_str(), mode);
    return out;
  }
  std::string complaint(const std::filesystem::path& from) {
    std::string why;
    EXPECT_EQ(read_master_key(from, why), nullptr);
    return why;
  }

  env::real_random random_;
  std::filesystem::path folder_;
};

TEST_F(master_keys_test, what_is_written_is_read) {
  const secret key(random_);
  const master_key made(key);
  EXPECT_THAT(made.id(), MatchesRegex("[0-9a-f]{16}"));
  std::string why;
  for (const char* end : {"", "\n", "\r\n"}) {
    const auto from_file = read_master_key(file(written(key) + end), why);
    ASSERT_NE(from_file, nullptr) << why;
    EXPECT_EQ(from_file->id(), made.id());
  }
  EXPECT_EQ(read_master_key(std::string_view(written(key)), why)->id(), made.id());
  EXPECT_NE(read_master_key(std::string_view(written(secret(random_))), why)->id(), made.id());
}

TEST_F(master_keys_test, a_file_that_is_not_for_its_owner_alone_is_refused) {
  const std::string text = written(secret(random_));
  for (const ::mode_t mode : {0400, 0600, 0700}) {
    std::string why;
    EXPECT_NE(read_master_key(file(text, mode), why), nullptr) << why;
  }
  EXPECT_EQ(complaint(file(text, 0640)),
            "is not for its owner alone (mode 0640); write `chmod 600 " +
                (folder_ / "key").string() + "`");
  for (const ::mode_t mode : {0644, 0440, 0620, 0604, 0602, 0660, 0601})
    EXPECT_THAT(complaint(file(text, mode)), HasSubstr("chmod 600"));
}

// Where the server is not root itself: what systemd's LoadCredential lays down.
TEST_F(master_keys_test, a_file_that_root_lends_may_be_read_by_the_group) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can lend a file";
  const std::string text = written(secret(random_));
  bool can_reach = false; // not where only root may enter a folder above
  const auto as_somebody = [&](const std::filesystem::path& from) {
    const ::gid_t own_group = ::getegid();
    if (::seteuid(65'534) != 0) throw std::runtime_error("seteuid");
    std::string why;
    can_reach = ::eaccess(folder_.c_str(), X_OK) == 0;
    const bool is_taken = read_master_key(from, why) != nullptr;
    if (::seteuid(0) != 0) throw std::runtime_error("seteuid");
    EXPECT_EQ(::getegid(), own_group); // root's: the group's rights are what let it read
    return is_taken;
  };
  std::filesystem::permissions(folder_, std::filesystem::perms{0755});
  as_somebody(file(text, 0440));
  if (!can_reach) GTEST_SKIP() << "nobody else may enter the folder";
  EXPECT_TRUE(as_somebody(file(text, 0440)));
  EXPECT_TRUE(as_somebody(file(text, 0640)));
  EXPECT_FALSE(as_somebody(file(text, 0660)));
  EXPECT_FALSE(as_somebody(file(text, 0444)));
}

TEST_F(master_keys_test, what_is_no_key_is_refused) {
  const std::string good = written(secret(random_));
  for (const std::string& bad :
       {std::string(), std::string("\n"), good.substr(1), good + "A", good.substr(0, 60),
        good.substr(18), "x" + good, good + "\n" + good, std::string(5000, 'A')}) {
    EXPECT_EQ(complaint(file(bad)), "holds no master key; `parleyctl keys new FILE` makes one")
        << bad;
  }
  EXPECT_EQ(complaint(folder_ / "none"), "cannot be read: No such file or directory");
  EXPECT_EQ(complaint(folder_), "cannot be read: Is a directory");
}

TEST_F(master_keys_test, a_wrapped_key_is_bound) {
  const master_key one((secret(random_))), other((secret(random_)));
  nonces fresh(random_);
  const secret key(random_);
  const std::string wrapped = one.wrap(key, "ann", fresh);
  const auto back = one.unwrap(wrapped, "ann");
  ASSERT_TRUE(back.has_value());
  EXPECT_TRUE(std::equal(key.bytes().begin(), key.bytes().end(), back->bytes().begin()));
  EXPECT_FALSE(one.unwrap(wrapped, "bob").has_value());
  EXPECT_FALSE(other.unwrap(wrapped, "ann").has_value());
  EXPECT_FALSE(one.unwrap(wrapped.substr(1), "ann").has_value());
  EXPECT_FALSE(one.unwrap("", "ann").has_value());
  EXPECT_NE(one.wrap(key, "ann", fresh), wrapped);
}

} // namespace
} // namespace parley::storage
