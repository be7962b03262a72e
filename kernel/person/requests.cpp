#include "person/requests.hpp"

#include <memory>

namespace parley::person {
namespace json = boost::json;
namespace {

constexpr std::uint32_t page_size = 100;

std::string text(const json::object& in, std::string_view key) {
  const json::value* value = in.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

json::object object(const json::object& in, std::string_view key) {
  const json::value* value = in.if_contains(key);
  // A copy of its own: what was read ends with its arena.
  return value != nullptr && value->is_object()
             ? json::object(value->get_object(), json::storage_ptr())
             : json::object();
}

} // namespace

storage::collection requests_collection() {
  using storage::column_type;
  return {std::string(requests_name),
          1,
          {"account"},
          {{"account", column_type::text, true},
           {"verb", column_type::text, true},
           {"done", column_type::boolean, true},
           {"mark", column_type::text, true},
           {"place", column_type::json, true},
           {"report", column_type::json, true},
           {"parts", column_type::integer, true},
           {"begun_at", column_type::text, true},
           {"ended_at", column_type::text, false},
           {"expires_at", column_type::text, true}},
          {{"by_expiry", {"expires_at"}, false}},
          {},
          {},
          "expires_at"};
}

storage::collection parts_collection() {
  using storage::column_type;
  storage::collection out{std::string(parts_name),
                          2,
                          {"account", "part"},
                          {{"account", column_type::text, true},
                           {"part", column_type::integer, true},
                           {"text", column_type::text, false},
                           {"expires_at", column_type::text, true},
                           {"sealed", column_type::text, false}},
                          {{"by_expiry", {"expires_at"}, false}},
                          {},
                          {},
                          "expires_at"};
  out.columns.back().sealed = {"account", "account:"};
  return out;
}

std::string_view name_of(verb which) {
  return which == verb::erase ? "erase" : "export";
}

json::object request::progress_json() const {
  json::object out{{"done", is_done},  {"mark", mark},   {"place", place},
                   {"report", report}, {"parts", parts}, {"expires_at", expires_at}};
  if (!ended_at.empty()) out["ended_at"] = ended_at;
  return out;
}

json::object request::to_json() const {
  json::object out = progress_json();
  out["account"] = account;
  out["verb"] = name_of(what);
  out["begun_at"] = begun_at;
  return out;
}

request request::from_json(const json::object& in) {
  request out;
  out.account = text(in, "account");
  out.what = text(in, "verb") == name_of(verb::erase) ? verb::erase : verb::export_all;
  out.is_done = in.at("done").as_bool();
  out.mark = text(in, "mark");
  out.place = object(in, "place");
  out.report = object(in, "report");
  out.parts = in.at("parts").to_number<std::int64_t>();
  out.begun_at = text(in, "begun_at");
  out.ended_at = text(in, "ended_at");
  out.expires_at = text(in, "expires_at");
  return out;
}

json::object done_for_good(const json::object& report) {
  json::object out;
  for (const auto& part : report) {
    const json::object* named = part.value().if_object();
    if (named == nullptr) continue;
    for (const auto& each : *named)
      for (const char* how : {"deleted", "anonymised", "voided", "ended"})
        if (const json::value* count = each.value().as_object().if_contains(how)) {
          json::value& all = out[part.key()];
          if (!all.is_object()) all.emplace_object();
          json::value& of = all.get_object()[each.key()];
          if (!of.is_object()) of.emplace_object();
          of.get_object()[how] = *count;
        }
  }
  return out;
}

void find_parts(storage::engine& in, const std::string& account, parts_found then) {
  storage::query mine;
  mine.prefix = {account};
  mine.limit = page_size;
  const auto memory = std::make_shared<json::monotonic_resource>();
  in.range(parts_name, mine, memory.get(),
           [memory, then = std::move(then)](const storage::failure& why,
                                            const std::vector<json::object>& records, bool more) {
             std::vector<json::array> keys;
             for (const json::object& each : records)
               keys.push_back(json::array{each.at("account"), each.at("part")});
             then(why, keys, more);
           });
}

void require_unchanged(storage::batch& in, const request& of) {
  in.require(requests_name, {of.account}, true, {{"mark", of.mark}},
             storage::condition_reason::batch);
}

} // namespace parley::person
