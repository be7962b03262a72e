#include "identity/records.hpp"

#include "env/env.hpp"
#include "parley/call.h"

#include <algorithm>
#include <chrono>

namespace parley::identity {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& record, std::string_view field) {
  const auto* value = record.if_contains(field);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

// Optional fields are left out where they are empty.
void put_text(json::object& record, std::string_view field, const std::string& text) {
  if (!text.empty()) record[field] = text;
}

std::string_view kind_name(int kind) {
  return kind == PARLEY_BOT ? "bot" : "user";
}

// `count` digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int number = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

} // namespace

json::object to_record(const account_record& from) {
  json::object record{{"id", from.id},
                      {"kind", kind_name(from.kind)},
                      {"display_name", from.display_name},
                      {"created_at", from.created_at}};
  put_text(record, "name", from.name);
  put_text(record, "owner", from.owner);
  return record;
}

account_record read_account(const json::object& record) {
  account_record to;
  to.id = text_of(record, "id");
  to.kind = text_of(record, "kind") == "bot" ? PARLEY_BOT : PARLEY_USER;
  to.name = text_of(record, "name");
  to.display_name = text_of(record, "display_name");
  to.owner = text_of(record, "owner");
  to.created_at = text_of(record, "created_at");
  return to;
}

json::object to_profile(const account_record& from) {
  json::object profile{
      {"id", from.id}, {"kind", kind_name(from.kind)}, {"display_name", from.display_name}};
  put_text(profile, "name", from.name);
  return profile;
}

json::object to_record(const session_record& from) {
  json::object record{{"id", from.id},
                      {"account", from.account},
                      {"current", from.current},
                      {"next", json::array(from.next.begin(), from.next.end())},
                      {"generation", from.generation},
                      {"created_at", from.created_at},
                      {"expires_at", env::rfc3339(from.expires_ms)}};
  put_text(record, "device", from.device);
  put_text(record, "revoked_at", from.revoked_at);
  return record;
}

session_record read_session(const json::object& record) {
  session_record to;
  to.id = text_of(record, "id");
  to.account = text_of(record, "account");
  to.device = text_of(record, "device");
  to.current = text_of(record, "current");
  const auto* next = record.if_contains("next");
  if (const auto* items = next ? next->if_array() : nullptr) {
    for (const auto& item : *items) {
      if (item.is_string()) to.next.emplace_back(item.get_string());
    }
  }
  const auto* generation = record.if_contains("generation");
  if (generation && generation->is_int64()) to.generation = generation->get_int64();
  to.created_at = text_of(record, "created_at");
  to.expires_ms = parse_time(text_of(record, "expires_at"));
  to.revoked_at = text_of(record, "revoked_at");
  return to;
}

bool valid_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return name.size() >= 2 && name.size() <= 32 && plain(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return plain(c) || c == '.' || c == '-'; });
}

std::int64_t parse_time(std::string_view text) {
  // 2026-11-21T08:15:30.123Z
  if (text.size() != 24 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text[19] != '.' || text[23] != 'Z') {
    return 0;
  }
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  const int ms = digits(text, 20, 3);
  if (std::min({year, month, day, hour, minute, second, ms}) < 0) return 0;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return 0;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + ms;
}

} // namespace parley::identity
