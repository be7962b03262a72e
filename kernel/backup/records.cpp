#include "backup/records.hpp"

#include <bit>
#include <cstring>

namespace parley::backup {

namespace {

constexpr char heading_of_rows = 'C', one_row = 'R', heading_of_log = 'T', one_event = 'E';
constexpr std::uint32_t event_cells = 4;
constexpr std::uint64_t most_columns = 10'000;

void put_number(std::string& to, std::uint64_t number) {
  for (; number >= 128; number >>= 7) to += static_cast<char>(number | 128);
  to += static_cast<char>(number);
}

// Small ones of either sign are short.
void put_integer(std::string& to, std::int64_t integer) {
  put_number(to,
             static_cast<std::uint64_t>(integer) << 1 ^ static_cast<std::uint64_t>(integer >> 63));
}

void put_text(std::string& to, const parley_str& text) {
  put_number(to, text.len);
  to.append(text.ptr, text.len);
}

void put_cell(std::string& to, const parley_cell& cell) {
  to += static_cast<char>(cell.kind);
  switch (cell.kind) {
    case PARLEY_INTEGER:
      return put_integer(to, cell.as.integer);
    case PARLEY_NUMBER: {
      const auto bits = std::bit_cast<std::uint64_t>(cell.as.number);
      for (int shift = 0; shift < 64; shift += 8) to += static_cast<char>(bits >> shift);
      return;
    }
    case PARLEY_STRING:
      return put_text(to, cell.as.text);
    default:
      return;
  }
}

std::string heading_of(const parley_driver_piece& piece) {
  std::string out;
  if (piece.kind == PARLEY_PIECE_LOG) {
    out += heading_of_log;
    put_text(out, piece.name);
    put_integer(out, piece.head);
    return out;
  }
  out += heading_of_rows;
  put_text(out, piece.name);
  put_number(out, piece.key_count);
  put_number(out, piece.column_count);
  for (std::uint32_t c = 0; c < piece.column_count; ++c) put_text(out, piece.columns[c]);
  return out;
}

// Reads what the others put; false: it is not there.
class source {
 public:
  explicit source(std::string_view from) : rest_(from) {}
  bool is_empty() const { return rest_.empty(); }

  bool byte(char& out) {
    if (rest_.empty()) return false;
    out = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  bool number(std::uint64_t& out) {
    out = 0;
    char next = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!byte(next)) return false;
      out |= static_cast<std::uint64_t>(next & 127) << shift;
      if ((next & 128) == 0) return true;
    }
    return false;
  }
  bool integer(std::int64_t& out) {
    std::uint64_t number_read = 0;
    if (!number(number_read)) return false;
    out = static_cast<std::int64_t>(number_read >> 1 ^ (~(number_read & 1) + 1));
    return true;
  }
  bool text(parley_str& out) {
    std::uint64_t length = 0;
    if (!number(length) || length > rest_.size()) return false;
    out = {rest_.data(), static_cast<std::size_t>(length)};
    rest_.remove_prefix(out.len);
    return true;
  }
  bool text(std::string& out) {
    parley_str read{};
    if (!text(read)) return false;
    out.assign(read.ptr, read.len);
    return true;
  }
  bool cell(parley_cell& out) {
    char kind = 0;
    out = {};
    if (!byte(kind)) return false;
    out.kind = kind;
    switch (out.kind) {
      case PARLEY_NULL:
        return true;
      case PARLEY_INTEGER:
        return integer(out.as.integer);
      case PARLEY_STRING:
        return text(out.as.text);
      case PARLEY_NUMBER: {
        if (rest_.size() < 8) return false;
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < 8; ++i)
          bits |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
        out.as.number = std::bit_cast<double>(bits);
        rest_.remove_prefix(8);
        return true;
      }
      default:
        return false;
    }
  }

 private:
  std::string_view rest_;
};

} // namespace

std::uint64_t counts::records() const {
  std::uint64_t all = events;
  for (const auto& [name, count] : rows) all += count;
  return all;
}

std::string difference(const counts& a, const counts& b) {
  const auto differ = [](const std::string& what, std::uint64_t here, std::uint64_t there) {
    return what + ": " + std::to_string(here) + " here, " + std::to_string(there) + " there";
  };
  const auto rows_of = [](const counts& in, const std::string& name) {
    const auto found = in.rows.find(name);
    return found == in.rows.end() ? 0 : found->second;
  };
  for (const counts* each : {&a, &b})
    for (const auto& [name, count] : each->rows)
      if (rows_of(a, name) != rows_of(b, name))
        return differ("records of " + name, rows_of(a, name), rows_of(b, name));
  if (a.topics != b.topics) return differ("topics", a.topics, b.topics);
  if (a.events != b.events) return differ("events", a.events, b.events);
  return a.digest == b.digest ? "" : "as many records, but not the same ones";
}

record_writer::record_writer() {
  crypto_generichash_init(&digest_, nullptr, 0, crypto_generichash_BYTES);
}

void record_writer::add(const parley_driver_piece& from, std::string& to) {
  const bool is_log = from.kind == PARLEY_PIECE_LOG;
  if (from.row_count == 0 && !(is_log && from.head != 0)) return;
  const std::size_t begun = to.size();
  if (std::string heading = heading_of(from); heading != heading_) {
    to += heading;
    heading_ = std::move(heading);
    if (is_log) ++counted_.topics;
  }
  for (std::uint32_t i = 0; i < from.row_count; ++i) {
    to += is_log ? one_event : one_row;
    for (std::uint32_t c = 0; c < from.column_count; ++c)
      put_cell(to, from.cells[std::size_t{i} * from.column_count + c]);
  }
  std::uint64_t& count =
      is_log ? counted_.events : counted_.rows[std::string(from.name.ptr, from.name.len)];
  count += from.row_count;
  crypto_generichash_update(&digest_, reinterpret_cast<const unsigned char*>(to.data() + begun),
                            to.size() - begun);
}

void record_writer::add(const parley_driver_piece& from) {
  scratch_.clear();
  add(from, scratch_);
}

counts record_writer::end() {
  unsigned char bytes[crypto_generichash_BYTES];
  crypto_generichash_final(&digest_, bytes, sizeof bytes);
  char text[2 * sizeof bytes + 1];
  sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
  counted_.digest = text;
  return counted_;
}

// One reading of some records.
struct record_reader::run {
  record_reader& in;
  source from;
  const taker& take;
  std::vector<parley_cell> cells{};
  std::uint32_t rows = 0;

  static std::string broken() { return "its records cannot be read"; }

  std::string all() {
    char kind = 0;
    while (from.byte(kind)) {
      std::string why;
      if (kind == heading_of_rows || kind == heading_of_log)
        why = heading(kind);
      else if (kind == one_row || kind == one_event)
        why = row(kind);
      else
        why = broken();
      if (!why.empty()) return why;
    }
    return give();
  }

  std::string heading(char kind) {
    if (std::string why = give(); !why.empty()) return why;
    in.columns_.clear();
    if (!from.text(in.name_)) return broken();
    if (kind == heading_of_log) {
      in.kind_ = PARLEY_PIECE_LOG;
      in.key_count_ = 0;
      if (!from.integer(in.head_)) return broken();
      return given(); // also one that has no events
    }
    in.kind_ = PARLEY_PIECE_ROWS;
    std::uint64_t keys = 0, columns = 0;
    if (!from.number(keys) || !from.number(columns) || keys > columns || columns > most_columns)
      return broken();
    in.key_count_ = static_cast<std::uint32_t>(keys);
    in.columns_.resize(columns);
    for (std::string& each : in.columns_)
      if (!from.text(each)) return broken();
    return {};
  }

  std::string row(char kind) {
    if (in.kind_ != (kind == one_row ? PARLEY_PIECE_ROWS : PARLEY_PIECE_LOG)) return broken();
    for (std::uint32_t c = 0; c < width(); ++c) {
      cells.emplace_back();
      if (!from.cell(cells.back())) return broken();
    }
    ++rows;
    return {};
  }

  std::uint32_t width() const {
    return in.kind_ == PARLEY_PIECE_LOG ? event_cells
                                        : static_cast<std::uint32_t>(in.columns_.size());
  }

  std::string give() { return rows == 0 ? std::string() : given(); }

  std::string given() {
    std::vector<parley_str> columns;
    for (const std::string& each : in.columns_) columns.push_back({each.data(), each.size()});
    parley_driver_piece out{};
    out.size = sizeof out;
    out.kind = in.kind_;
    out.name = {in.name_.data(), in.name_.size()};
    out.head = in.head_;
    out.columns = columns.data();
    out.column_count = width();
    out.key_count = in.key_count_;
    out.cells = cells.data();
    out.row_count = rows;
    std::string why = take(out);
    cells.clear();
    rows = 0;
    return why;
  }
};

std::string record_reader::read(std::string_view records, const taker& take) {
  return run{*this, source(records), take}.all();
}

} // namespace parley::backup
