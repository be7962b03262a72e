// How tables become wider.

#include "store.hpp"

#include <algorithm>

namespace storage_memory {

namespace {

const std::vector<std::int64_t> no_numbers;

std::string wrong_key(const table& to, const parley_collection& from) {
  if (from.key_count == 0 || from.key_count > from.column_count) return "it has no key";
  if (to.key_count != 0 && to.key_count != from.key_count) return "it is stored with another key";
  for (std::uint32_t c = 0; c < to.key_count; ++c)
    if (to.columns[c].name != view(from.columns[c].name))
      return "the field " + to.columns[c].name + " has another place in the key";
  return {};
}

} // namespace

// Finds or adds what the collection needs; `to` is a copy, so that a refusal changes nothing.
std::string store::shape_onto(table& to, const parley_collection& from, shape& out) const {
  if (std::string why = wrong_key(to, from); !why.empty()) return why;
  to.key_count = from.key_count;
  out.key_count = from.key_count;
  for (std::uint32_t c = 0; c < from.column_count; ++c) {
    const std::string name(view(from.columns[c].name));
    const auto found = std::find_if(to.columns.begin(), to.columns.end(),
                                    [&](const column& each) { return each.name == name; });
    const auto at = static_cast<std::uint32_t>(found - to.columns.begin());
    if (found == to.columns.end()) {
      to.columns.push_back({name, from.columns[c].type});
      to.defaults.emplace_back();
    } else if (found->type != from.columns[c].type) {
      return "the field " + name + " is stored with another type";
    }
    if (from.defaults != nullptr) {
      cell value = to_cell(from.defaults[c], no_numbers);
      if (!fits(value, to.columns[at].type)) return "the default of " + name + " does not fit";
      if (!is_null(value)) to.defaults[at] = std::move(value);
    }
    out.columns.push_back(at);
  }
  std::vector<std::uint32_t> filled;
  for (std::uint32_t i = 0; i < from.fill_count; ++i) filled.push_back(out.columns[from.fill[i]]);
  const auto not_unique = [](const std::string& name) {
    return "the index " + name + " cannot be unique, as stored rows are equal in it";
  };
  if (const std::string name = to.fill(filled); !name.empty()) return not_unique(name);
  for (std::uint32_t i = 0; i < from.index_count; ++i) {
    index wanted{std::string(view(from.indexes[i].name)), {}, from.indexes[i].unique != 0};
    for (std::uint32_t c = 0; c < from.indexes[i].column_count; ++c)
      wanted.columns.push_back(out.columns[from.indexes[i].columns[c]]);
    const auto found = std::find(to.indexes.begin(), to.indexes.end(), wanted);
    out.indexes.push_back(static_cast<std::size_t>(found - to.indexes.begin()));
    if (found == to.indexes.end() && !to.add_index(wanted)) return not_unique(wanted.name);
  }
  std::vector<std::string> searched;
  for (std::uint32_t i = 0; i < from.searched_count; ++i)
    searched.push_back(to.columns[out.columns[from.searched[i]]].name);
  out.searched_count = from.searched_count;
  if (!searched.empty() && searched != to.searched) {
    to.words.clear(); // all of them are given anew
    to.searched = std::move(searched);
  }
  return {};
}

std::string store::widen(const parley_collection* collections, std::uint32_t count) {
  std::map<std::string, table> wider;
  std::vector<std::pair<std::string, shape>> made;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string name(view(collections[i].name));
    const auto stored = tables_.find(name);
    table& to =
        wider.try_emplace(name, stored == tables_.end() ? table() : stored->second).first->second;
    shape out;
    if (std::string why = shape_onto(to, collections[i], out); !why.empty())
      return "collection " + name + ": " + why;
    made.emplace_back(name, std::move(out));
  }
  for (auto& [name, to] : wider) tables_[name] = std::move(to);
  for (auto& [name, out] : made) {
    out.of = &tables_[name];
    shapes_.push_back(std::move(out));
  }
  return {};
}

} // namespace storage_memory
