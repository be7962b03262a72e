// A backup's file, written and read; and every way to damage it.

#include "backup/file_reader.hpp"
#include "backup/file_writer.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

namespace parley::backup {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

parley_str text(std::string_view from) {
  return {from.data(), from.size()};
}

parley_cell cell(std::int64_t from) {
  parley_cell out{};
  out.kind = PARLEY_INTEGER;
  out.as.integer = from;
  return out;
}
parley_cell cell(double from) {
  parley_cell out{};
  out.kind = PARLEY_NUMBER;
  out.as.number = from;
  return out;
}
parley_cell cell(std::string_view from) {
  parley_cell out{};
  out.kind = PARLEY_STRING;
  out.as.text = text(from);
  return out;
}
parley_cell nothing() {
  parley_cell out{};
  out.kind = PARLEY_NULL;
  return out;
}

class backup_file : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "parley-backup-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    file_ = folder_ / "one.backup";
    key_.fill(7);
    rows_.kind = PARLEY_PIECE_ROWS;
    rows_.name = text("test.items");
    rows_.columns = columns_;
    rows_.column_count = 3;
    rows_.key_count = 1;
    rows_.cells = cells_;
    rows_.row_count = 2;
    log_.kind = PARLEY_PIECE_LOG;
    log_.name = text("room:a");
    log_.head = 9;
    log_.column_count = 4;
    log_.cells = events_;
    log_.row_count = 1;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::optional<key>& by = {}) {
    file_writer to;
    std::string why =
        to.open(file_, {"test", "Parley", "none", "2026-01-01T00:00:00.000Z", {}}, by);
    for (const parley_driver_piece* each : {&rows_, &log_})
      if (why.empty()) why = to.add(*each);
    if (why.empty()) why = to.finish();
    written_ = to.counted();
    return why;
  }
  std::string read(const fs::path& file, const std::optional<key>& by = {}) {
    file_reader from;
    record_writer again;
    std::string why = from.open(file, by);
    if (why.empty())
      why = from.read(
          [&](const parley_driver_piece& piece) {
            again.add(piece);
            return std::string();
          },
          [](std::uint64_t, std::uint64_t) {});
    read_ = again.end();
    return why;
  }
  std::string content() const {
    std::ifstream from(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
  }
  fs::path other(const std::string& bytes) const {
    fs::path out = folder_ / "other.backup";
    std::ofstream(out, std::ios::binary | std::ios::trunc) << bytes;
    return out;
  }

  fs::path folder_, file_;
  key key_{};
  counts written_, read_;
  const parley_str columns_[3] = {text("id"), text("a"), text("b")};
  const parley_cell cells_[6] = {cell("x"), cell(std::int64_t{-5}),
                                 cell(2.5), cell(std::string_view("a\0b", 3)),
                                 nothing(), nothing()};
  const parley_cell events_[4] = {cell(std::int64_t{8}), nothing(), nothing(), cell("2026")};
  parley_driver_piece rows_{}, log_{};
};

TEST_F(backup_file, gives_back_what_was_written) {
  for (const std::optional<key>& by : {std::optional<key>(), std::optional<key>(key_)}) {
    fs::remove(file_);
    ASSERT_EQ(write(by), "");
    EXPECT_EQ(read(file_, by), "");
    EXPECT_EQ(read_, written_);
    EXPECT_EQ(read_.rows.at("test.items"), 2U);
    EXPECT_EQ(read_.topics, 1U);
    EXPECT_EQ(read_.events, 1U);
    EXPECT_EQ(content().find("room:a") == std::string::npos, by.has_value());
  }
}

TEST_F(backup_file, is_packed) {
  const std::string long_text(1 << 20, 'x');
  parley_cell cells[3] = {cell("x"), nothing(), cell(long_text)};
  rows_.cells = cells;
  rows_.row_count = 1;
  ASSERT_EQ(write(), "");
  EXPECT_EQ(read(file_), "");
  EXPECT_LT(content().size(), long_text.size() / 100);
}

TEST_F(backup_file, pieces_cut_otherwise_are_the_same_bytes) {
  ASSERT_EQ(write(), "");
  const counts whole = written_;
  record_writer one;
  std::string bytes;
  parley_driver_piece part = rows_;
  part.row_count = 1;
  one.add(part, bytes);
  part.cells = cells_ + 3;
  one.add(part, bytes);
  part.row_count = 0;
  one.add(part, bytes);
  one.add(log_, bytes);
  EXPECT_EQ(one.end(), whole);
}

TEST_F(backup_file, any_changed_byte_is_found) {
  for (const std::optional<key>& by : {std::optional<key>(), std::optional<key>(key_)}) {
    fs::remove(file_);
    ASSERT_EQ(write(by), "");
    const std::string good = content();
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 1);
      EXPECT_THAT(read(other(bad), by), HasSubstr("other.backup")) << at;
    }
    EXPECT_THAT(read(other(good + "x"), by), HasSubstr("is damaged"));
  }
}

TEST_F(backup_file, any_cut_is_found) {
  ASSERT_EQ(write(key_), "");
  const std::string good = content();
  for (std::size_t length = magic.size(); length < good.size(); ++length)
    EXPECT_THAT(read(other(good.substr(0, length)), key_), HasSubstr("is cut off")) << length;
  EXPECT_THAT(read(other("")), HasSubstr("is no backup of Parley"));
}

TEST_F(backup_file, another_key_is_found_and_none_still_finds_damage) {
  ASSERT_EQ(write(key_), "");
  key wrong = key_;
  wrong[0] = 8;
  EXPECT_THAT(read(file_, wrong), HasSubstr("another key"));
  EXPECT_EQ(read(file_), "");
  EXPECT_EQ(read_.records(), 0U);
  std::string bad = content();
  bad[bad.size() / 2] ^= 1;
  EXPECT_THAT(read(other(bad)), HasSubstr("damaged"));
}

TEST_F(backup_file, is_not_there_before_it_is_whole_and_never_replaces_one) {
  {
    file_writer half;
    ASSERT_EQ(half.open(file_, {}, {}), "");
    ASSERT_EQ(half.add(rows_), "");
    EXPECT_FALSE(fs::exists(file_));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  ASSERT_EQ(write(), "");
  EXPECT_THAT(write(), HasSubstr("is there already"));
  EXPECT_EQ(read(file_), "");
}

TEST_F(backup_file, a_full_disk_leaves_nothing) {
  ::signal(SIGXFSZ, SIG_IGN); // a file that becomes too large then fails like one on a full disk
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{100, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string why = write();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_THAT(why, HasSubstr("cannot write"));
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(backup_file, keys_are_64_digits) {
  std::string why;
  EXPECT_FALSE(read_key({}, why));
  EXPECT_EQ(why, "");
  EXPECT_TRUE(read_key({{}, std::string(64, 'a')}, why));
  EXPECT_EQ(why, "");
  for (const std::string& bad :
       {std::string("secret"), std::string(63, 'a'), std::string(66, 'a')}) {
    why.clear();
    EXPECT_FALSE(read_key({{}, bad}, why));
    EXPECT_THAT(why, HasSubstr("openssl rand -hex 32"));
  }
  std::ofstream(folder_ / "key") << std::string(64, '0') << '\n';
  fs::permissions(folder_ / "key", fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(read_key({folder_ / "key", {}}, why = ""));
  EXPECT_FALSE(read_key({folder_ / "none", {}}, why = ""));
  EXPECT_THAT(why, HasSubstr("cannot be read"));
}

TEST_F(backup_file, a_key_that_others_may_read_is_refused) {
  const fs::path key = folder_ / "key";
  std::ofstream(key) << std::string(64, '0');
  for (const unsigned mode : {0640U, 0644U, 0602U}) {
    std::string why;
    fs::permissions(key, fs::perms(mode));
    EXPECT_FALSE(read_key({key, {}}, why));
    EXPECT_THAT(why, HasSubstr("write `chmod 600 " + key.string() + "`"));
  }
}

} // namespace
} // namespace parley::backup
