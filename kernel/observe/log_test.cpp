#include "observe/log.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace parley::observe {
namespace {

constexpr std::int64_t then = 1'795'248'930'123; // 2026-11-21T08:15:30.123Z

TEST(log_line, is_json_where_no_terminal_reads) {
  const std::string text = "b\"c";
  EXPECT_EQ(
      line_of(format::json, false, then, level::warn, "a plugin \"x\" failed",
              {{"plugin", "web"}, {"why", text}, {"ms", 12}, {"again", false}, {"p", 0.5}}),
      R"({"time":"2026-11-21T08:15:30.123Z","level":"warn","message":"a plugin \"x\" failed",)"
      R"("plugin":"web","why":"b\"c","ms":12,"again":false,"p":0.5})");
}

TEST(log_line, is_plain_for_people) {
  EXPECT_EQ(line_of(format::human, false, then, level::info, "listening",
                    {{"address", "127.0.0.1"}, {"tls", true}, {"name", "two words"}, {"to", ""}}),
            "08:15:30.123 info  listening address=127.0.0.1 tls=true name=\"two words\" to=\"\"");
}

TEST(log_line, cannot_be_forged_by_what_is_logged) {
  EXPECT_EQ(line_of(format::human, false, then, level::error, "a\nb\x1b[31m", {{"k", "c\r\nd"}}),
            "08:15:30.123 error a\\nb\\u001b[31m k=\"c\\u000d\\nd\"");
  EXPECT_EQ(line_of(format::json, false, then, level::error, "a\xff\xed\xa0\x80z", {}),
            "{\"time\":\"2026-11-21T08:15:30.123Z\",\"level\":\"error\",\"message\":"
            "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"}");
}

class log : public testing::Test {
 protected:
  void TearDown() override { stop_log(); }
  std::vector<std::string> lines_;
  log_settings settings_{.least = level::info,
                         .shape = format::human,
                         .now = nullptr,
                         .to = [this](std::string_view line) { lines_.emplace_back(line); }};
};

TEST_F(log, leaves_out_what_is_below_its_level) {
  settings_.least = level::warn;
  start_log(settings_);
  EXPECT_FALSE(is_written(level::info));
  EXPECT_TRUE(is_written(level::warn));
  write(level::info, "no");
  write(level::error, "yes", {{"n", 1}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_THAT(lines_[0], testing::EndsWith(" error yes n=1"));
}

TEST_F(log, takes_lines_from_many_threads) {
  start_log(settings_);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) write(level::info, "line", {{"i", i}});
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(lines_.size(), 400u);
}

TEST_F(log, writes_all_that_is_queued_when_it_stops) {
  testing::internal::CaptureStderr();
  settings_.to = nullptr;
  settings_.shape = format::json;
  start_log(settings_);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) write(level::info, "queued");
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(dropped_lines(), 0u);
  stop_log();
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 200);
}

} // namespace
} // namespace parley::observe
