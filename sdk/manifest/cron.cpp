#include "cron.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <vector>

namespace parley::manifest {

namespace {

using names = std::vector<std::string_view>;

struct field {
  const char* what;
  unsigned least, most;
  names words; // of `least`, and those that follow
};

const std::array<field, 5>& fields() {
  static const std::array<field, 5> all{
      {{"minute", 0, 59, {}},
       {"hour", 0, 23, {}},
       {"day of the month", 1, 31, {}},
       {"month",
        1,
        12,
        {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
       {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}}}};
  return all;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t end = text.find(at);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

std::optional<unsigned> number(std::string_view text, const field& of) {
  for (std::size_t i = 0; i < of.words.size(); ++i)
    if (of.words[i] == text) return of.least + static_cast<unsigned>(i);
  unsigned out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// One of the parts between commas: sets the bits that it means.
template <std::size_t size>
bool read_part(std::string_view part, const field& of, std::bitset<size>& into) {
  const auto halves = split(part, '/');
  if (halves.size() > 2) return false;
  unsigned from = of.least, to = of.most;
  if (halves[0] != "*") {
    const auto ends = split(halves[0], '-');
    const auto first = number(ends[0], of);
    const auto last = ends.size() > 1 ? number(ends[1], of) : first;
    if (ends.size() > 2 || !first || !last) return false;
    from = *first;
    to = *last;
    if (halves.size() == 2 && ends.size() == 1) return false; // 5/10 means nothing to most
  }
  unsigned step = 1;
  if (halves.size() == 2) {
    const auto given = number(halves[1], {of.what, 0, 0, {}});
    if (!given || *given == 0) return false;
    step = *given;
  }
  if (from < of.least || to > of.most || from > to) return false;
  for (unsigned i = from; i <= to; i += step) into.set(i);
  return true;
}

template <std::size_t size>
bool read_field(std::string_view text, const field& of, std::bitset<size>& into, std::string* why) {
  for (const std::string_view part : split(text, ',')) {
    if (read_part(part, of, into)) continue;
    *why = "`" + std::string(text) + "` is no " + of.what + ": " + std::to_string(of.least) +
           " to " + std::to_string(of.most) +
           ", `*`, a range (1-5), a step (*/15), or several with commas";
    return false;
  }
  return true;
}

} // namespace

std::optional<cron> cron::parse(std::string_view text, std::string* why) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(text, ' '))
    if (!word.empty()) words.push_back(word);
  if (words.size() != fields().size()) {
    *why =
        "a cron expression has five fields: minute, hour, day of the month, month, day of the week";
    return std::nullopt;
  }
  cron out;
  if (!read_field(words[0], fields()[0], out.minutes_, why) ||
      !read_field(words[1], fields()[1], out.hours_, why) ||
      !read_field(words[2], fields()[2], out.days_, why) ||
      !read_field(words[3], fields()[3], out.months_, why) ||
      !read_field(words[4], fields()[4], out.week_days_, why))
    return std::nullopt;
  if (out.week_days_[7]) out.week_days_.set(0);
  out.any_day_ = words[2].front() == '*';
  out.any_week_day_ = words[4].front() == '*';
  if (!out.find(0)) {
    *why = "`" + std::string(text) + "` names a day that never comes";
    return std::nullopt;
  }
  return out;
}

std::optional<std::int64_t> cron::find(std::int64_t unix_ms) const {
  using namespace std::chrono;
  constexpr int longest = 9 * 366; // from one 29th of February over a year 2100 to the next
  const auto after = floor<minutes>(sys_time<milliseconds>(milliseconds(unix_ms))) + minutes(1);
  sys_days day = floor<days>(after);
  for (int i = 0; i < longest; ++i, day += days(1)) {
    const year_month_day date(day);
    if (!months_[unsigned(date.month())]) continue;
    const bool of_month = days_[unsigned(date.day())];
    const bool of_week = week_days_[weekday(day).c_encoding()];
    if (any_day_ || any_week_day_ ? !(of_month && of_week) : !(of_month || of_week)) continue;
    for (unsigned minute = 0; minute < 24 * 60; ++minute) {
      if (!hours_[minute / 60] || !minutes_[minute % 60]) continue;
      const auto found = day + minutes(minute);
      if (found >= after) return milliseconds(found.time_since_epoch()).count();
    }
  }
  return std::nullopt;
}

std::int64_t cron::next(std::int64_t unix_ms) const {
  return find(unix_ms).value_or(INT64_MAX);
}

} // namespace parley::manifest
