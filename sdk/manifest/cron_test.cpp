#include "cron.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace parley::manifest {
namespace {

using ::testing::HasSubstr;

std::int64_t at(int year, unsigned month, unsigned day, int hour = 0, int minute = 0,
                int second = 0) {
  using namespace std::chrono;
  const auto when =
      sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) +
      hours(hour) + minutes(minute) + seconds(second);
  return milliseconds(when.time_since_epoch()).count();
}

std::int64_t next(const char* text, std::int64_t after) {
  std::string why;
  const auto read = cron::parse(text, &why);
  EXPECT_TRUE(read) << text << ": " << why;
  return read ? read->next(after) : 0;
}

TEST(cron_test, every_minute_is_the_next_full_one) {
  EXPECT_EQ(next("* * * * *", at(2026, 11, 26, 15, 2, 59)), at(2026, 11, 26, 15, 3));
  EXPECT_EQ(next("* * * * *", at(2026, 11, 26, 15, 3)), at(2026, 11, 26, 15, 4));
}

TEST(cron_test, a_time_of_day_is_today_or_tomorrow) {
  EXPECT_EQ(next("30 4 * * *", at(2026, 11, 26, 4, 29)), at(2026, 11, 26, 4, 30));
  EXPECT_EQ(next("30 4 * * *", at(2026, 11, 26, 4, 30)), at(2026, 11, 27, 4, 30));
  EXPECT_EQ(next("30 4 * * *", at(2026, 12, 31, 5)), at(2027, 1, 1, 4, 30));
}

TEST(cron_test, steps_ranges_and_lists) {
  EXPECT_EQ(next("*/15 * * * *", at(2026, 1, 1, 0, 15)), at(2026, 1, 1, 0, 30));
  EXPECT_EQ(next("10-30/10 * * * *", at(2026, 1, 1, 0, 30)), at(2026, 1, 1, 1, 10));
  EXPECT_EQ(next("0 8,20 * * *", at(2026, 1, 1, 9)), at(2026, 1, 1, 20));
}

TEST(cron_test, days_of_the_week_by_number_and_name) {
  // The 26th of November 2026 is a Thursday.
  EXPECT_EQ(next("0 0 * * 1-5", at(2026, 11, 27, 12)), at(2026, 11, 30));
  EXPECT_EQ(next("0 0 * * sun", at(2026, 11, 26)), at(2026, 11, 29));
  EXPECT_EQ(next("0 0 * * 7", at(2026, 11, 26)), at(2026, 11, 29));
  EXPECT_EQ(next("0 0 1 feb *", at(2026, 11, 26)), at(2027, 2, 1));
}

TEST(cron_test, either_day_will_do_where_both_are_restricted) {
  EXPECT_EQ(next("0 0 13 * fri", at(2026, 11, 26)), at(2026, 11, 27));
  EXPECT_EQ(next("0 0 13 * fri", at(2026, 12, 12)), at(2026, 12, 13));
  EXPECT_EQ(next("0 0 */2 * fri", at(2026, 11, 26)), at(2026, 11, 27)); // both: a star begins it
}

TEST(cron_test, leap_days_are_waited_for_also_over_2100) {
  EXPECT_EQ(next("0 0 29 2 *", at(2026, 1, 1)), at(2028, 2, 29));
  EXPECT_EQ(next("0 0 29 2 *", at(2096, 2, 29)), at(2104, 2, 29));
}

TEST(cron_test, what_is_wrong_is_named) {
  const auto why = [](const char* text) {
    std::string out;
    EXPECT_FALSE(cron::parse(text, &out)) << text;
    return out;
  };
  EXPECT_THAT(why("* * * *"), HasSubstr("five fields"));
  EXPECT_THAT(why("60 * * * *"), HasSubstr("`60` is no minute"));
  EXPECT_THAT(why("* 24 * * *"), HasSubstr("`24` is no hour"));
  EXPECT_THAT(why("* * 0 * *"), HasSubstr("`0` is no day of the month"));
  EXPECT_THAT(why("* * * foo *"), HasSubstr("`foo` is no month"));
  EXPECT_THAT(why("5-1 * * * *"), HasSubstr("`5-1` is no minute"));
  EXPECT_THAT(why("*/0 * * * *"), HasSubstr("is no minute"));
  EXPECT_THAT(why("5/10 * * * *"), HasSubstr("is no minute"));
  EXPECT_THAT(why("1, * * * *"), HasSubstr("is no minute"));
  EXPECT_THAT(why("0 0 30 2 *"), HasSubstr("never comes"));
  EXPECT_THAT(why("@daily"), HasSubstr("five fields"));
}

} // namespace
} // namespace parley::manifest
