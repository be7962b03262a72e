#include "parley/test/value.hpp"

#include "testing/json.hpp"

#include <algorithm>
#include <ostream>

namespace parley::test {

namespace json = boost::json;

namespace {

[[noreturn]] void fails(const std::string& sentence, const place& where) {
  throw failure(sentence, where.text() + ": " + sentence);
}

[[noreturn]] void is_no(const char* wanted, const value& is, const place& where) {
  fails("this is no " + std::string(wanted) + ": " + is.json(), where);
}

struct into_json {
  json::value operator()(std::nullptr_t) const { return nullptr; }
  json::value operator()(bool from) const { return from; }
  json::value operator()(std::int64_t from) const { return from; }
  json::value operator()(double from) const { return from; }
  json::value operator()(const std::string& from) const { return json::value(from); }
  json::value operator()(const std::vector<value>& from) const {
    json::array out;
    for (const value& each : from) out.push_back(to_json(each));
    return out;
  }
  json::value operator()(const value::members& from) const {
    json::object out;
    for (const auto& [name, each] : from) out[name] = to_json(each);
    return out;
  }
};

} // namespace

json::value to_json(const value& from) {
  return from.visit(into_json{});
}

value from_json(const json::value& from) {
  switch (from.kind()) {
    case json::kind::null:
      return {};
    case json::kind::bool_:
      return from.get_bool();
    case json::kind::int64:
      return from.get_int64();
    case json::kind::uint64: // beyond 2^63: not a number of the protocol
      return static_cast<double>(from.get_uint64());
    case json::kind::double_:
      return from.get_double();
    case json::kind::string:
      return std::string(from.get_string());
    case json::kind::array: {
      std::vector<value> items;
      for (const json::value& each : from.get_array()) items.push_back(from_json(each));
      return items;
    }
    case json::kind::object:
      break;
  }
  value::members members;
  for (const auto& each : from.get_object())
    members.emplace_back(std::string(each.key()), from_json(each.value()));
  return members;
}

value::value(std::initializer_list<value> from) {
  const bool object = from.size() > 0 && std::all_of(from.begin(), from.end(), [](const value& v) {
                        const auto* pair = std::get_if<std::vector<value>>(&v.held_);
                        return pair && pair->size() == 2 && pair->front().is_text();
                      });
  if (!object) {
    held_ = std::vector<value>(from);
    return;
  }
  members named;
  for (const value& each : from) {
    const auto& pair = std::get<std::vector<value>>(each.held_);
    named.emplace_back(std::get<std::string>(pair[0].held_), pair[1]);
  }
  held_ = std::move(named);
}

value value::parse(std::string_view text, place where) {
  boost::system::error_code wrong;
  const json::value parsed = json::parse(text, wrong);
  if (wrong) fails("this is no JSON (" + wrong.message() + "): " + std::string(text), where);
  return from_json(parsed);
}

std::string value::json() const {
  return json::serialize(to_json(*this));
}

std::string value::text(place where) const {
  if (const auto* is = std::get_if<std::string>(&held_)) return *is;
  is_no("text", *this, where);
}

std::int64_t value::integer(place where) const {
  if (const auto* is = std::get_if<std::int64_t>(&held_)) return *is;
  is_no("integer", *this, where);
}

double value::number(place where) const {
  if (const auto* is = std::get_if<double>(&held_)) return *is;
  if (const auto* whole = std::get_if<std::int64_t>(&held_)) return static_cast<double>(*whole);
  is_no("number", *this, where);
}

bool value::truth(place where) const {
  if (const auto* is = std::get_if<bool>(&held_)) return *is;
  is_no("true or false", *this, where);
}

const std::vector<value>& value::items(place where) const {
  if (const auto* is = std::get_if<std::vector<value>>(&held_)) return *is;
  is_no("array", *this, where);
}

const value::members& value::fields(place where) const {
  if (const auto* is = std::get_if<members>(&held_)) return *is;
  is_no("object", *this, where);
}

const value* value::find(std::string_view name) const {
  const auto* object = std::get_if<members>(&held_);
  if (!object) return nullptr;
  const auto found = std::find_if(object->begin(), object->end(),
                                  [&](const auto& member) { return member.first == name; });
  return found == object->end() ? nullptr : &found->second;
}

const value& value::operator[](std::string_view name) const {
  if (const value* found = find(name)) return *found;
  const std::string sentence = "there is no `" + std::string(name) + "` in " + json();
  throw failure(sentence, sentence);
}

const value& value::operator[](std::size_t index) const {
  const auto* array = std::get_if<std::vector<value>>(&held_);
  if (array && index < array->size()) return (*array)[index];
  const std::string sentence = "there is no element " + std::to_string(index) + " in " + json();
  throw failure(sentence, sentence);
}

std::size_t value::size() const {
  if (const auto* array = std::get_if<std::vector<value>>(&held_)) return array->size();
  const auto* object = std::get_if<members>(&held_);
  return object ? object->size() : 0;
}

bool operator==(const value& a, const value& b) {
  if (!a.is_object() || !b.is_object()) return a.held_ == b.held_;
  if (a.size() != b.size()) return false;
  return std::all_of(a.fields().begin(), a.fields().end(), [&](const auto& member) {
    const value* other = b.find(member.first);
    return other && member.second == *other;
  });
}

std::ostream& operator<<(std::ostream& out, const value& from) {
  return out << from.json();
}

} // namespace parley::test
