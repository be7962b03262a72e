#include "dispatch/answer_check.hpp"

#include "storage/engine.hpp"

namespace parley::dispatch {

namespace json = boost::json;

namespace {

schema::validator compiled(const json::object& from) {
  std::vector<schema::breach> faults; // the manifest was read without any
  return schema::validator::compile(from, faults);
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
  const bool fits = storage::holds_stand_in(what)
                        ? found->second.accepts(storage::with_numbers(what), first)
                        : found->second.accepts(what, first);
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
