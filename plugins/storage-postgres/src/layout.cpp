#include "layout.hpp"

#include "statements.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace parley::storage_postgres {
namespace {

constant copied(const parley_cell& from) {
  constant out;
  out.what = from;
  if (from.kind == PARLEY_STRING) out.text = view(from.as.text);
  return out;
}

std::uint32_t place_of(table& in, column what) {
  for (std::uint32_t i = 0; i < in.columns.size(); ++i) {
    if (in.columns[i].name == what.name) return i;
  }
  in.columns.push_back(std::move(what));
  return static_cast<std::uint32_t>(in.columns.size() - 1);
}

std::uint32_t table_of(layout& in, const parley_collection& what) {
  const std::string_view name = view(what.name);
  for (std::uint32_t i = 0; i < in.tables.size(); ++i) {
    if (in.tables[i].name == name) return i;
  }
  in.tables.push_back({std::string(name), {}, what.key_count, {}});
  return static_cast<std::uint32_t>(in.tables.size() - 1);
}

std::string add_columns(table& to, shape& of, const parley_collection& from) {
  for (std::uint32_t i = 0; i < from.column_count; ++i) {
    const parley_column& each = from.columns[i];
    const std::string name(view(each.name));
    const std::uint32_t place = place_of(to, {name, each.type, {}});
    if ((i < from.key_count || place < to.key_count) && place != i) {
      return "the table has another key; the field " + name + " has another place in it";
    }
    if (std::string_view(sql_type(to.columns[place].type)) != sql_type(each.type)) {
      return "the field " + name + " is stored as " + sql_type(to.columns[place].type) +
             " and cannot become " + sql_type(each.type);
    }
    of.columns.push_back(place);
    if (from.defaults != nullptr)
      to.columns[place].fallback = copied(from.defaults[i]);
    else
      to.columns[place].fallback = {};
  }
  return from.key_count == to.key_count ? "" : "the table has a key of another length";
}

void add_indexes(table& to, shape& of, const parley_collection& from) {
  for (std::uint32_t i = 0; i < from.index_count; ++i) {
    const parley_index& each = from.indexes[i];
    index made{std::string(view(each.name)), {}, each.unique != 0};
    for (std::uint32_t c = 0; c < each.column_count; ++c) {
      made.columns.push_back(of.columns[each.columns[c]]);
    }
    const bool is_known = std::any_of(to.uniques.begin(), to.uniques.end(),
                                      [&](const index& one) { return one.name == made.name; });
    if (made.is_unique && !is_known) to.uniques.push_back(made);
    of.indexes.push_back(std::move(made));
  }
}

// The colon keeps them apart from declared fields.
void add_words(table& to, shape& of, const parley_collection& from) {
  for (std::uint32_t i = 0; i < from.searched_count; ++i) {
    const std::string& name = to.columns[of.columns[from.searched[i]]].name;
    const column words{short_name(name + ":words"), PARLEY_COLUMN_TEXT, {}, true};
    of.searched.push_back(place_of(to, words));
  }
}

} // namespace

parley_cell constant::cell() const {
  return what.kind == PARLEY_STRING ? storage_postgres::cell(std::string_view(text)) : what;
}

std::vector<std::int32_t> table::types(const std::vector<std::uint32_t>& of) const {
  std::vector<std::int32_t> out;
  for (const std::uint32_t each : of) out.push_back(columns[each].type);
  return out;
}

std::vector<std::uint32_t> table::key() const {
  std::vector<std::uint32_t> out(key_count);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

std::vector<std::uint32_t> table::all() const {
  std::vector<std::uint32_t> out(columns.size());
  std::iota(out.begin(), out.end(), 0);
  return out;
}

layout widened(const layout& known, const parley_collection* added, std::uint32_t count,
               std::string& why) {
  layout out = known;
  for (std::uint32_t i = 0; i < count; ++i) {
    const parley_collection& from = added[i];
    shape& of = out.shapes.emplace_back();
    of.table = table_of(out, from);
    of.key_count = from.key_count;
    table& to = out.tables[of.table];
    const std::string problem = add_columns(to, of, from);
    if (!problem.empty()) {
      why = "collection " + to.name + ": " + problem;
      return out;
    }
    add_indexes(to, of, from);
    add_words(to, of, from);
    for (std::uint32_t f = 0; from.fill != nullptr && f < from.fill_count; ++f) {
      of.fill.push_back(of.columns[from.fill[f]]);
    }
  }
  return out;
}

} // namespace parley::storage_postgres
