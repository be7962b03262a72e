#include "dump.hpp"

#include <algorithm>
#include <numeric>

namespace storage_memory {

namespace {

constexpr std::size_t rows_a_piece = 100;

// The key, then the others by name.
std::vector<std::uint32_t> order_of(const table& from) {
  std::vector<std::uint32_t> out(from.columns.size());
  std::iota(out.begin(), out.end(), 0);
  std::sort(out.begin() + from.key_count, out.end(), [&](std::uint32_t a, std::uint32_t b) {
    return from.columns[a].name < from.columns[b].name;
  });
  return out;
}

} // namespace

dump::dump(const store& of, const parley_driver_dump& how, void* user)
    : take_(how.take), user_(user) {
  const auto first = of.tables().find(std::string(view(how.first)));
  if (first != of.tables().end()) add(first->first, first->second);
  for (auto at = of.tables().begin(); at != of.tables().end(); ++at)
    if (at != first) add(at->first, at->second);
  for (const auto& [name, from] : of.topics()) add(name, from);
}

void dump::add(const std::string& name, const table& from) {
  piece& made = pieces_.emplace_back();
  made.name = name;
  made.key_count = from.key_count;
  const std::vector<std::uint32_t> order = order_of(from);
  for (const std::uint32_t c : order) made.columns.push_back(from.columns[c].name);
  from.read({}, [&](const row& each) {
    row copy;
    for (const std::uint32_t c : order) copy.push_back(each[c]);
    add_row(std::move(copy));
    return true;
  });
}

void dump::add(const std::string& name, const store::topic& from) {
  piece& made = pieces_.emplace_back();
  made.kind = PARLEY_PIECE_LOG;
  made.name = name;
  made.head = from.head;
  for (const auto& [number, event] : from.log) {
    row copy{number};
    copy.insert(copy.end(), event.begin(), event.end());
    add_row(std::move(copy));
  }
}

void dump::add_row(row what) {
  if (pieces_.back().rows.size() == rows_a_piece) {
    piece next = pieces_.back();
    next.rows.clear();
    pieces_.push_back(std::move(next));
  }
  pieces_.back().rows.push_back(std::move(what));
  ++total_;
}

bool dump::next() {
  if (at_ == pieces_.size()) return false;
  const piece& from = pieces_[at_++];
  std::vector<parley_str> columns;
  for (const std::string& each : from.columns) columns.push_back(borrow(each));
  std::vector<parley_cell> cells;
  for (const row& each : from.rows)
    for (const cell& value : each) cells.push_back(to_c(value));
  done_ += from.rows.size();
  parley_driver_piece out{};
  out.size = sizeof out;
  out.kind = from.kind;
  out.name = borrow(from.name);
  out.head = from.head;
  out.columns = columns.data();
  out.column_count = from.kind == PARLEY_PIECE_LOG ? 4 : static_cast<std::uint32_t>(columns.size());
  out.key_count = from.key_count;
  out.cells = cells.data();
  out.row_count = static_cast<std::uint32_t>(from.rows.size());
  out.done = done_;
  out.total = total_;
  was_stopped_ = take_(user_, &out) != 0;
  return !was_stopped_;
}

} // namespace storage_memory
