#include "values.hpp"

#include <bit>
#include <cstring>

namespace parley::storage_postgres {
namespace {

// What pg_type says since there is one.
constexpr Oid int8_type = 20, text_type = 25, float8_type = 701;
constexpr Oid text_array = 1009, int8_array = 1016, float8_array = 1022;

template <typename Integer>
void append_big_endian(std::string& to, Integer number) {
  for (int shift = 8 * (static_cast<int>(sizeof number) - 1); shift >= 0; shift -= 8) {
    to += static_cast<char>(static_cast<std::uint64_t>(number) >> shift);
  }
}

std::uint64_t big_endian(const char* from) {
  std::uint64_t out = 0;
  for (int i = 0; i < 8; ++i) out = out << 8 | static_cast<unsigned char>(from[i]);
  return out;
}

void append_text(std::string& to, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t odd = text.find_first_of(std::string_view("\0\1", 2), at);
    to += text.substr(at, odd - at);
    if (odd == std::string_view::npos) return;
    to += text[odd] == '\0' ? "\1\1" : "\1\2";
    at = odd + 1;
  }
}

void append(std::string& to, std::int32_t column_type, const parley_cell& what) {
  switch (column_type) {
    case PARLEY_COLUMN_INTEGER:
      return append_big_endian(to, what.as.integer);
    case PARLEY_COLUMN_NUMBER: {
      const double number =
          what.kind == PARLEY_INTEGER ? static_cast<double>(what.as.integer) : what.as.number;
      return append_big_endian(to, std::bit_cast<std::uint64_t>(number));
    }
    default:
      return append_text(to, view(what.as.text));
  }
}

Oid type_of(std::int32_t column_type) {
  switch (column_type) {
    case PARLEY_COLUMN_INTEGER:
      return int8_type;
    case PARLEY_COLUMN_NUMBER:
      return float8_type;
    default:
      return text_type;
  }
}

Oid array_of(std::int32_t column_type) {
  switch (column_type) {
    case PARLEY_COLUMN_INTEGER:
      return int8_array;
    case PARLEY_COLUMN_NUMBER:
      return float8_array;
    default:
      return text_array;
  }
}

void put_length(std::string& to, std::size_t at, std::size_t length) {
  std::string bytes;
  append_big_endian(bytes, static_cast<std::int32_t>(length));
  to.replace(at, bytes.size(), bytes);
}

} // namespace

parley_cell null_cell() {
  parley_cell out{};
  out.kind = PARLEY_NULL;
  return out;
}

parley_cell cell(std::int64_t from) {
  parley_cell out{};
  out.kind = PARLEY_INTEGER;
  out.as.integer = from;
  return out;
}

parley_cell cell(std::string_view borrowed) {
  parley_cell out{};
  out.kind = PARLEY_STRING;
  out.as.text = borrow(borrowed);
  return out;
}

const char* sql_type(std::int32_t column_type) {
  switch (column_type) {
    case PARLEY_COLUMN_INTEGER:
      return "bigint";
    case PARLEY_COLUMN_NUMBER:
      return "double precision";
    default:
      return "text";
  }
}

bool fits(const parley_cell& what, std::int32_t column_type) {
  switch (what.kind) {
    case PARLEY_NULL:
      return true;
    case PARLEY_INTEGER:
      return column_type == PARLEY_COLUMN_INTEGER || column_type == PARLEY_COLUMN_NUMBER;
    case PARLEY_NUMBER:
      return column_type == PARLEY_COLUMN_NUMBER;
    case PARLEY_STRING:
      return column_type == PARLEY_COLUMN_TEXT || column_type == PARLEY_COLUMN_JSON;
    default:
      return false;
  }
}

bool same(const parley_cell& left, const parley_cell& right) {
  const auto number = [](const parley_cell& of) {
    return of.kind == PARLEY_INTEGER ? static_cast<double>(of.as.integer) : of.as.number;
  };
  if (left.kind != right.kind) {
    const bool numbers = (left.kind == PARLEY_INTEGER || left.kind == PARLEY_NUMBER) &&
                         (right.kind == PARLEY_INTEGER || right.kind == PARLEY_NUMBER);
    return numbers && number(left) == number(right);
  }
  switch (left.kind) {
    case PARLEY_INTEGER:
      return left.as.integer == right.as.integer;
    case PARLEY_NUMBER:
      return left.as.number == right.as.number;
    case PARLEY_STRING:
      return view(left.as.text) == view(right.as.text);
    default:
      return true;
  }
}

void encode(std::string& to, const parley_cell& what) {
  to += static_cast<char>(what.kind);
  switch (what.kind) {
    case PARLEY_INTEGER:
      return append_big_endian(to, what.as.integer);
    case PARLEY_NUMBER:
      return append_big_endian(to, std::bit_cast<std::uint64_t>(what.as.number));
    case PARLEY_STRING:
      append_big_endian(to, std::uint64_t{what.as.text.len});
      to += view(what.as.text);
      return;
    default:
      return;
  }
}

std::string encoded(const cells& of) {
  std::string out;
  for (const parley_cell& each : of) encode(out, each);
  return out;
}

parameters& parameters::add(std::int32_t column_type, const parley_cell& what) {
  const std::size_t begun = bytes_.size();
  if (what.kind != PARLEY_NULL) append(bytes_, column_type, what);
  end(type_of(column_type), begun, what.kind == PARLEY_NULL);
  return *this;
}

parameters& parameters::add_array(std::int32_t element_type,
                                  const std::vector<const parley_cell*>& of) {
  const std::size_t begun = bytes_.size();
  append_big_endian(bytes_, of.empty() ? 0 : 1); // dimensions
  append_big_endian(bytes_, 1);                  // there may be NULLs
  append_big_endian(bytes_, static_cast<std::int32_t>(type_of(element_type)));
  if (!of.empty()) {
    append_big_endian(bytes_, static_cast<std::int32_t>(of.size()));
    append_big_endian(bytes_, 1); // the first index
  }
  for (const parley_cell* each : of) {
    const std::size_t at = bytes_.size();
    append_big_endian(bytes_, -1);
    if (each->kind == PARLEY_NULL) continue;
    append(bytes_, element_type, *each);
    put_length(bytes_, at, bytes_.size() - at - 4);
  }
  end(array_of(element_type), begun, false);
  return *this;
}

parameters& parameters::add_arrays(const std::vector<std::int32_t>& types,
                                   const std::vector<const cells*>& rows) {
  std::vector<const parley_cell*> column(rows.size());
  for (std::size_t c = 0; c < types.size(); ++c) {
    for (std::size_t r = 0; r < rows.size(); ++r) column[r] = &(*rows[r])[c];
    add_array(types[c], column);
  }
  return *this;
}

void parameters::end(Oid type, std::size_t begun, bool is_null) {
  types_.push_back(type);
  places_.push_back(begun);
  lengths_.push_back(static_cast<int>(bytes_.size() - begun));
  formats_.push_back(1);
  nulls_.push_back(is_null);
}

std::vector<const char*> parameters::values() const {
  std::vector<const char*> out(places_.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = nulls_[i] ? nullptr : bytes_.data() + places_[i];
  }
  return out;
}

parley_cell decoded(const PGresult* from, int row, int column, arena& kept) {
  if (PQgetisnull(from, row, column) != 0) return null_cell();
  const char* value = PQgetvalue(from, row, column);
  switch (PQftype(from, column)) {
    case int8_type:
      return cell(static_cast<std::int64_t>(big_endian(value)));
    case float8_type: {
      parley_cell out{};
      out.kind = PARLEY_NUMBER;
      out.as.number = std::bit_cast<double>(big_endian(value));
      return out;
    }
    default:
      break;
  }
  const std::string_view text(value, static_cast<std::size_t>(PQgetlength(from, row, column)));
  if (text.find('\1') == std::string_view::npos) return cell(text);
  std::string& plain = kept.emplace_back();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\1' && i + 1 < text.size()) {
      plain += text[++i] == '\1' ? '\0' : '\1';
    } else {
      plain += text[i];
    }
  }
  return cell(std::string_view(plain));
}

} // namespace parley::storage_postgres
