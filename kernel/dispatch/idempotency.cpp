#include "dispatch/idempotency.hpp"

namespace parley::dispatch {

namespace json = boost::json;

namespace {

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

// Numbers that only the commit will give cannot be sealed: they stand beside, by JSON Pointer.
void take_out(json::value& value, const std::string& at, json::object& numbers) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object)
      take_out(member.value(), at + "/" + escaped(member.key()), numbers);
  } else if (auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      take_out((*array)[i], at + "/" + std::to_string(i), numbers);
  } else if (auto* number = value.if_int64(); number && *number < storage::stand_in_limit) {
    numbers[at] = *number;
    value = nullptr;
  }
}

void put_back(json::value& value, const json::object& numbers) {
  for (const auto& number : numbers) {
    boost::system::error_code nowhere;
    if (json::value* place = value.find_pointer(number.key(), nowhere)) *place = number.value();
  }
}

} // namespace

storage::collection idempotency_collection() {
  using storage::column_type;
  storage::collection out{std::string(idempotency_name),
                          2,
                          {"account", "key"},
                          {{"account", column_type::text, true},
                           {"key", column_type::text, true},
                           {"digest", column_type::text, false},
                           {"reply", column_type::json, false},
                           {"expires_at", column_type::text, true},
                           {"sealed", column_type::json, false},
                           {"numbers", column_type::json, false}},
                          {{"by_expiry", {"expires_at"}, false}},
                          {},
                          {},
                          "expires_at"};
  for (storage::column& each : out.columns)
    if (each.name == "sealed") each.sealed = {"account", "account:"};
  return out;
}

json::object idempotency_record(const std::string& account, const std::string& key,
                                const kept_reply& what, const std::string& expires_at, bool seals) {
  json::object out{{"account", account}, {"key", key}, {"expires_at", expires_at}};
  if (!seals) {
    out["digest"] = what.digest;
    out["reply"] = what.reply;
    return out;
  }
  json::value reply = what.reply;
  json::object numbers;
  take_out(reply, {}, numbers);
  if (!numbers.empty()) out["numbers"] = std::move(numbers);
  out["sealed"] = json::object{{"digest", what.digest}, {"reply", std::move(reply)}};
  return out;
}

std::optional<kept_reply> read_idempotency(const json::object& record) {
  const json::value* sealed = record.if_contains("sealed");
  const json::object& from = sealed ? sealed->as_object() : record;
  const json::value* digest = from.if_contains("digest");
  if (!digest) return std::nullopt;
  kept_reply out{std::string(digest->as_string()), nullptr};
  if (const json::value* reply = from.if_contains("reply")) out.reply = *reply;
  if (const json::value* numbers = record.if_contains("numbers"))
    put_back(out.reply, numbers->as_object());
  return out;
}

} // namespace parley::dispatch
