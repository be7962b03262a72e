#include "storage/table.hpp"

#include "storage/cells.hpp"
#include "storage/sealed_fields.hpp"

#include <algorithm>

namespace parley::storage {
namespace json = boost::json;
namespace {

std::int32_t driver_type(const column& of) {
  if (of.sealed) return PARLEY_COLUMN_TEXT;
  switch (of.type) {
    case column_type::integer:
    case column_type::boolean:
      return PARLEY_COLUMN_INTEGER;
    case column_type::number:
      return PARLEY_COLUMN_NUMBER;
    case column_type::json:
      return PARLEY_COLUMN_JSON;
    default:
      return PARLEY_COLUMN_TEXT;
  }
}

parley_str borrow(std::string_view text) {
  return {text.data(), text.size()};
}

// What could be written must be readable: the most that limits.value_depth may be.
json::parse_options as_stored() {
  json::parse_options out;
  out.max_depth = 1000;
  return out;
}

} // namespace

failure invalid(std::string why) {
  return {status::invalid, std::move(why)};
}

problem table::compile(std::uint32_t number, const collection& from, table& out) {
  out.number_ = number;
  out.version_ = from.version;
  out.name_ = from.name;
  problem why = out.order_columns(from);
  if (why.empty()) why = out.compile_sealed();
  if (why.empty()) why = out.compile_indexes(from);
  if (why.empty()) why = out.compile_search(from);
  if (why.empty()) why = out.compile_defaults();
  return why.empty() ? why : "collection " + from.name + ": " + why;
}

problem table::order_columns(const collection& from) {
  if (from.key.empty()) return "it has no key";
  for (const std::string& name : from.key) {
    const auto found = std::find_if(from.columns.begin(), from.columns.end(),
                                    [&](const column& each) { return each.name == name; });
    if (found == from.columns.end()) return "the key names the unknown field " + name;
    if (found->type == column_type::json) return "the field " + name + " is JSON, no part of a key";
    if (column_at(name) >= 0) return "the key names the field " + name + " twice";
    columns_.push_back(*found);
    ++declared_count_;
  }
  key_count_ = static_cast<std::uint32_t>(from.key.size());
  for (const column& each : from.columns) {
    if (std::find(from.key.begin(), from.key.end(), each.name) != from.key.end()) continue;
    if (column_at(each.name) >= 0) return "the field " + each.name + " is declared twice";
    columns_.push_back(each);
    ++declared_count_;
  }
  return {};
}

problem table::compile_sealed() {
  for (std::uint32_t i = 0; i < declared_count_; ++i) {
    if (!columns_[i].sealed) continue;
    const problem why = compile_sealed(i);
    if (!why.empty()) return why;
  }
  describe_columns();
  return {};
}

problem table::compile_sealed(std::uint32_t at) {
  const sealed_by how = *columns_[at].sealed;
  const std::string name = columns_[at].name;
  const int subject = column_at(how.key);
  const column* names = subject < 0 ? nullptr : &columns_[static_cast<std::size_t>(subject)];
  if (names == nullptr || names->type != column_type::text || names->sealed || !names->required) {
    return "the field " + name + " is sealed by " + how.key +
           ", which is no text that every record has";
  }
  if (at < key_count_) return "the field " + name + " is sealed, and no part of a key";
  if (columns_[at].required || !columns_[at].fallback.is_null()) {
    return "the field " + name + " is sealed, and so neither required nor with a default";
  }
  sealed_column& out = sealed_.emplace_back();
  out.column = at;
  out.subject = static_cast<std::uint32_t>(subject);
  out.prefix = how.subject;
  if (!how.lookup) return {};
  column hashes{name + "__lookup"};
  if (column_at(hashes.name) >= 0) return "the field " + hashes.name + " needs another name";
  out.lookup = static_cast<int>(columns_.size());
  out.lookup_key = columns_[at].lookup_key;
  columns_.push_back(std::move(hashes));
  return {};
}

void table::describe_columns() {
  for (const column& each : columns_) {
    driver_columns_.push_back({borrow(each.name), driver_type(each), 0});
  }
}

problem table::compile_indexes(const collection& from) {
  for (const index& each : from.indexes) {
    if (index_at(each.name) >= 0) return "the index " + each.name + " is declared twice";
    if (each.columns.empty()) return "the index " + each.name + " has no fields";
    std::vector<std::uint32_t> places;
    for (const std::string& name : each.columns) {
      const int at = column_at(name);
      if (at < 0) return "the index " + each.name + " names the unknown field " + name;
      const auto place = static_cast<std::uint32_t>(at);
      if (const sealed_column* sealed = sealed_at(place)) {
        if (sealed->lookup < 0) return "the field " + name + " is sealed, no part of an index";
        places.push_back(static_cast<std::uint32_t>(sealed->lookup));
        continue;
      }
      if (columns_[place].type == column_type::json) {
        return "the field " + name + " is JSON, no part of an index";
      }
      places.push_back(place);
    }
    index_names_.push_back(each.name);
    orders_.push_back(std::move(places));
  }
  std::vector<std::uint32_t> key(key_count_);
  for (std::uint32_t i = 0; i < key_count_; ++i) key[i] = i;
  orders_.push_back(std::move(key));
  for (std::size_t i = 0; i < from.indexes.size(); ++i) {
    driver_indexes_.push_back({borrow(index_names_[i]), orders_[i].data(),
                               static_cast<std::uint32_t>(orders_[i].size()),
                               from.indexes[i].unique ? 1u : 0u});
  }
  return {};
}

problem table::compile_search(const collection& from) {
  for (const auto* names : {&from.search_on, &from.search_by}) {
    for (const std::string& name : *names) {
      const int at = column_at(name);
      if (at < 0) return "the search names the unknown field " + name;
      if (columns_[static_cast<std::size_t>(at)].type != column_type::text) {
        return "the search names the field " + name + ", which is no text";
      }
      if (sealed_at(static_cast<std::uint32_t>(at)) != nullptr) {
        return "the search names the field " + name + ", which is sealed";
      }
      searched_.push_back(static_cast<std::uint32_t>(at));
    }
  }
  searched_on_ = static_cast<std::uint32_t>(from.search_on.size());
  return {};
}

problem table::compile_defaults() {
  defaults_.resize(columns_.size());
  for (std::uint32_t i = 0; i < columns_.size(); ++i) {
    const column& each = columns_[i];
    const problem why = to_cell(each.fallback, each.type, {memory_}, defaults_[i]);
    if (!why.empty()) return "the default of the field " + each.name + " " + why;
    if (i < key_count_ && !each.fallback.is_null()) {
      return "the field " + each.name + " is part of the key and takes no default";
    }
  }
  return {};
}

void table::fill(const std::vector<std::string>& columns) {
  for (const std::string& each : columns) {
    fill_.push_back(static_cast<std::uint32_t>(column_at(each)));
  }
}

const parley_cell* table::fallback(std::uint32_t column) const {
  return defaults_[column].kind == PARLEY_NULL ? nullptr : &defaults_[column];
}

int table::searched_at(std::string_view field) const {
  for (std::size_t i = 0; i < searched_.size(); ++i) {
    if (columns_[searched_[i]].name == field) return static_cast<int>(i);
  }
  return -1;
}

int table::column_at(std::string_view name) const {
  for (std::size_t i = 0; i < declared_count_; ++i) {
    if (columns_[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

int table::stored_at(std::string_view name) const {
  const auto found = std::find_if(columns_.begin(), columns_.end(),
                                  [&](const column& each) { return each.name == name; });
  return found == columns_.end() ? -1 : static_cast<int>(found - columns_.begin());
}

const sealed_column* table::sealed_at(std::uint32_t column) const {
  for (const sealed_column& each : sealed_) {
    if (each.column == column) return &each;
  }
  return nullptr;
}

const sealed_column* table::looked_up_in(std::uint32_t column) const {
  if (column < declared_count_) return nullptr;
  for (const sealed_column& each : sealed_) {
    if (each.lookup == static_cast<int>(column)) return &each;
  }
  return nullptr;
}

int table::index_at(std::string_view name) const {
  for (std::size_t i = 0; i < index_names_.size(); ++i) {
    if (index_names_[i] == name) return static_cast<int>(i);
  }
  return -1;
}

const std::vector<std::uint32_t>& table::order(int index) const {
  return index < 0 ? orders_.back() : orders_[static_cast<std::size_t>(index)];
}

parley_collection table::declaration() const {
  parley_collection out{};
  out.size = sizeof out;
  out.name = borrow(name_);
  out.columns = driver_columns_.data();
  out.column_count = static_cast<std::uint32_t>(driver_columns_.size());
  out.key_count = key_count_;
  out.indexes = driver_indexes_.data();
  out.index_count = static_cast<std::uint32_t>(driver_indexes_.size());
  out.defaults = defaults_.data();
  out.fill = fill_.data();
  out.fill_count = static_cast<std::uint32_t>(fill_.size());
  out.searched = searched_.data();
  out.searched_count = static_cast<std::uint32_t>(searched_.size());
  return out;
}

problem table::record(const parley_cell* cells, json::storage_ptr in, json::object& out,
                      const unsealer& with) const {
  out = json::object(declared_count_, in);
  std::string opened;
  for (std::uint32_t i = 0; i < declared_count_; ++i) {
    const parley_cell& cell = cells[i];
    const column& each = columns_[i];
    if (cell.kind == PARLEY_NULL) {
      if (!each.fallback.is_null()) out.emplace(each.name, each.fallback);
      continue;
    }
    std::string_view text = cell.kind == PARLEY_STRING
                                ? std::string_view(cell.as.text.ptr, cell.as.text.len)
                                : std::string_view();
    if (each.sealed) {
      const opening how = with.open(*this, i, cells, opened);
      if (how == opening::erased) continue;
      if (how == opening::damaged) return damaged_field(name_, each.name);
      text = opened;
    }
    switch (each.sealed && each.type != column_type::text ? column_type::json : each.type) {
      case column_type::text:
        out.emplace(each.name, json::string(text, in));
        break;
      case column_type::integer:
        out.emplace(each.name, cell.as.integer);
        break;
      case column_type::boolean:
        out.emplace(each.name, cell.as.integer != 0);
        break;
      case column_type::number:
        out.emplace(each.name, cell.as.number);
        break;
      case column_type::json: {
        boost::system::error_code fault;
        json::value parsed = json::parse(text, fault, in, as_stored());
        if (fault)
          return "collection " + name_ + ", field " + each.name + ": not JSON in the store";
        out.emplace(each.name, std::move(parsed));
      }
    }
  }
  return {};
}

void tables::add(std::shared_ptr<const table> next) {
  std::vector<const table*>& versions = by_name_[next->name()];
  versions.push_back(next.get());
  all_.push_back(std::move(next));
}

const table* tables::find(collection_ref which) const {
  const auto found = by_name_.find(which.name);
  if (found == by_name_.end()) return nullptr;
  const std::vector<const table*>& versions = found->second;
  if (which.version == 0) return versions.back();
  const auto at = std::find_if(versions.rbegin(), versions.rend(),
                               [&](const table* each) { return each->version() == which.version; });
  return at == versions.rend() ? nullptr : *at;
}

const table& tables::newest(const table& of) const {
  return *by_name_.find(of.name())->second.back();
}

} // namespace parley::storage
