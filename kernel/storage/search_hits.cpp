#include "storage/search_hits.hpp"

#include <algorithm>

namespace parley::storage {
namespace json = boost::json;
namespace {

json::array to_json(const std::vector<snippet_piece>& pieces, json::storage_ptr in) {
  json::array out(in);
  for (const snippet_piece& each : pieces) {
    out.push_back(json::object({{"text", each.text}, {"hit", each.is_hit}}, in));
  }
  return out;
}

} // namespace

problem to_hit(const parley_cell* row, const table& of, const table& newest,
               const search_arguments& looked_for, const unsealer& with, json::storage_ptr in,
               search_hit& out) {
  const problem why = newest.record(row, in, out.record, with);
  if (!why.empty()) return why;
  out.snippets = json::array(in);
  for (std::uint32_t i = 0; i < of.searched_on(); ++i) {
    const std::string& field = of.columns()[of.searched()[i]].name;
    const json::value* text = out.record.if_contains(field);
    if (text == nullptr || !text->is_string()) continue;
    const auto pieces = snippet_of(text->get_string(), looked_for.terms);
    if (pieces.empty()) continue;
    json::object one({{"field", field}}, in);
    one["pieces"] = to_json(pieces, in);
    out.snippets.push_back(std::move(one));
  }
  if (&of == &newest) return {};
  json::object known(in);
  for (const column& each : of.columns()) {
    if (json::value* value = out.record.if_contains(each.name))
      known[each.name] = std::move(*value);
  }
  out.record = std::move(known);
  return {};
}

bool is_narrowed(const json::object& record, const json::object& where) {
  return std::all_of(where.begin(), where.end(), [&](const auto& each) {
    const json::value* value = record.if_contains(each.key());
    return value != nullptr && *value == each.value();
  });
}

} // namespace parley::storage
