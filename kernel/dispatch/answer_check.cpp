#include "dispatch/answer_check.hpp"

#include "storage/stand_ins.hpp"

namespace parley::dispatch {

namespace json = boost::json;

namespace {

schema::validator compiled(const json::object& from) {
  std::vector<schema::breach> faults; // the manifest was read without any
  return schema::validator::compile(from, faults);
}

void number_stand_ins(json::value& value) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object) number_stand_ins(member.value());
  } else if (auto* array = value.if_array()) {
    for (auto& item : *array) number_stand_ins(item);
  } else if (auto* number = value.if_int64(); number && storage::is_stand_in(*number)) {
    *number = 1;
  }
}

} // namespace

answer_check::answer_check(const manifest::manifest& by) {
  for (const manifest::method& m : by.methods)
    if (!m.result.empty()) results_.emplace(m.name, compiled(m.result));
  for (const manifest::event& e : by.events)
    if (!e.data.empty()) events_.emplace(e.name, compiled(e.data));
}

std::string answer_check::wrong_in(const validators& all, std::string_view name,
                                   const json::value& what) {
  const auto found = all.find(name);
  if (found == all.end()) return {};
  schema::breach first;
  bool fits;
  if (storage::holds_stand_in(what)) {
    json::value numbered = what;
    number_stand_ins(numbered);
    fits = found->second.accepts(numbered, first);
  } else {
    fits = found->second.accepts(what, first);
  }
  if (fits) return {};
  return (first.pointer.empty() ? "" : first.pointer + ": ") + first.what +
         (first.instead.empty() ? "" : "; " + first.instead);
}

std::string answer_check::result(std::string_view method, const json::value* given) const {
  static const json::value nothing;
  return wrong_in(results_, method, given ? *given : nothing);
}

std::string answer_check::event(std::string_view name, const json::value& data) const {
  return wrong_in(events_, name, data);
}

} // namespace parley::dispatch
