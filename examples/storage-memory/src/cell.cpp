#include "cell.hpp"

namespace storage_memory {

namespace {

std::int64_t number_of(const parley_next& next, const std::vector<std::int64_t>& numbers) {
  return numbers.at(next.topic) + next.offset;
}

std::string joined(const parley_pieces& from, const std::vector<std::int64_t>& numbers) {
  std::string out(view(from.texts[0]));
  for (std::uint32_t i = 0; i < from.number_count; ++i) {
    out += std::to_string(number_of(from.numbers[i], numbers));
    out += view(from.texts[i + 1]);
  }
  return out;
}

} // namespace

cell to_cell(const parley_cell& from, const std::vector<std::int64_t>& numbers) {
  switch (from.kind) {
    case PARLEY_INTEGER:
      return from.as.integer;
    case PARLEY_NUMBER:
      return from.as.number;
    case PARLEY_STRING:
      return std::string(view(from.as.text));
    case PARLEY_CELL_NEXT:
      return number_of(from.as.next, numbers);
    case PARLEY_CELL_PIECES:
      return joined(*from.as.pieces, numbers);
    default:
      return {};
  }
}

parley_cell to_c(const cell& from) {
  parley_cell out{};
  out.kind = PARLEY_NULL;
  if (const auto* integer = std::get_if<std::int64_t>(&from)) {
    out.kind = PARLEY_INTEGER;
    out.as.integer = *integer;
  } else if (const auto* number = std::get_if<double>(&from)) {
    out.kind = PARLEY_NUMBER;
    out.as.number = *number;
  } else if (const auto* text = std::get_if<std::string>(&from)) {
    out.kind = PARLEY_STRING;
    out.as.text = borrow(*text);
  }
  return out;
}

bool fits(cell& value, std::int32_t type) {
  if (is_null(value)) return true;
  switch (type) {
    case PARLEY_COLUMN_INTEGER:
      return std::holds_alternative<std::int64_t>(value);
    case PARLEY_COLUMN_NUMBER:
      if (const auto* integer = std::get_if<std::int64_t>(&value))
        value = static_cast<double>(*integer);
      return std::holds_alternative<double>(value);
    default:
      return std::holds_alternative<std::string>(value);
  }
}

} // namespace storage_memory
