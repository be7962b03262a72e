#pragma once

// Cron expressions: `minute hour day-of-month month day-of-week`, in UTC. Each field is `*`, a
// number, a range (1-5), either with a step (*/15, 0-30/10), or several of these with commas.
// Months and days of the week may be names (jan, mon); 0 and 7 are Sunday. Where both days are
// restricted, either will do, as cron has always had it.

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::manifest {

class cron {
 public:
  // Nothing where it is none, or names a day that never comes; *why is a sentence then.
  static std::optional<cron> parse(std::string_view text, std::string* why);

  // The first time after `unix_ms`, on a full minute.
  std::int64_t next(std::int64_t unix_ms) const;

 private:
  std::optional<std::int64_t> find(std::int64_t unix_ms) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;     // of the month, from 1
  std::bitset<13> months_;   // from 1
  std::bitset<8> week_days_; // from Sunday, 0
  bool any_day_ = false, any_week_day_ = false;
};

} // namespace parley::manifest
