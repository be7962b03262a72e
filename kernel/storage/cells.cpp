#include "storage/cells.hpp"

#include "storage/key_cache.hpp"
#include "storage/stand_ins.hpp"

#include <sodium.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace parley::storage {
namespace json = boost::json;
namespace {

problem wrong_type(std::string_view wanted, const json::value& got) {
  return "takes " + std::string(wanted) + ", not " + std::string(json::to_string(got.kind()));
}

parley_cell text_cell(parley_str text) {
  parley_cell out{};
  out.kind = PARLEY_STRING;
  out.as.text = text;
  return out;
}

problem to_integer(const json::value& from, const cell_source& with, parley_cell& out) {
  out.kind = PARLEY_INTEGER;
  if (const auto* number = from.if_int64()) {
    out.as.integer = *number;
    if (!is_stand_in(*number)) return {};
    out.kind = PARLEY_CELL_NEXT;
    return read_stand_in(*number, with.batch, with.topics, out.as.next)
               ? ""
               : "the integer is out of range, or another batch's number to come";
  }
  if (const auto* number = from.if_uint64()) {
    if (*number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return "the integer is out of range";
    }
    out.as.integer = static_cast<std::int64_t>(*number);
    return {};
  }
  // 3.0 is an integer to JSON Schema.
  const auto* number = from.if_double();
  if (number == nullptr || std::trunc(*number) != *number || std::abs(*number) > 9007199254740992.0)
    return wrong_type("an integer", from);
  out.as.integer = static_cast<std::int64_t>(*number);
  return {};
}

problem to_number(const json::value& from, parley_cell& out) {
  out.kind = PARLEY_NUMBER;
  if (const auto* real = from.if_double()) {
    out.as.number = *real;
  } else if (const auto* number = from.if_int64()) {
    out.as.number = static_cast<double>(*number);
  } else if (const auto* positive = from.if_uint64()) {
    out.as.number = static_cast<double>(*positive);
  } else {
    return wrong_type("a number", from);
  }
  return {};
}

// Goes no further down than `levels`.
bool is_deeper(const json::value& value, std::uint32_t levels) {
  const auto inside = [levels](const json::value& each) { return is_deeper(each, levels - 1); };
  if (const auto* object = value.if_object()) {
    return levels == 0 || std::any_of(object->begin(), object->end(),
                                      [&](const auto& member) { return inside(member.value()); });
  }
  if (const auto* array = value.if_array()) {
    return levels == 0 || std::any_of(array->begin(), array->end(), inside);
  }
  return false;
}

// Writes JSON text and notes where numbers are still to come.
class piece_writer {
 public:
  explicit piece_writer(const cell_source& with) : batch_(with.batch), topics_(with.topics) {}

  void write(const json::value& value) {
    if (const auto* object = value.if_object()) {
      char before = '{';
      for (const auto& member : *object) {
        text_ += before;
        text_ += json::serialize(member.key());
        text_ += ':';
        write(member.value());
        before = ',';
      }
      text_ += object->empty() ? "{}" : "}";
    } else if (const auto* array = value.if_array()) {
      char before = '[';
      for (const auto& item : *array) {
        text_ += before;
        write(item);
        before = ',';
      }
      text_ += array->empty() ? "[]" : "]";
    } else if (const auto* number = value.if_int64(); number && is_stand_in(*number)) {
      parley_next which{};
      if (!read_stand_in(*number, batch_, topics_, which)) out_of_range_ = true;
      numbers_.push_back(which);
      ends_.push_back(text_.size());
    } else {
      text_ += json::serialize(value);
    }
  }

  problem finish(arena& in, parley_cell& out) {
    if (out_of_range_) return "an integer is out of range, or another batch's number to come";
    const std::string_view all = [&] {
      const parley_str copy = kept(text_, in);
      return std::string_view(copy.ptr, copy.len);
    }();
    std::pmr::polymorphic_allocator<> place(&in);
    auto* texts = place.allocate_object<parley_str>(numbers_.size() + 1);
    auto* numbers = place.allocate_object<parley_next>(numbers_.size());
    std::size_t from = 0;
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      texts[i] = {all.data() + from, ends_[i] - from};
      numbers[i] = numbers_[i];
      from = ends_[i];
    }
    texts[numbers_.size()] = {all.data() + from, all.size() - from};
    out.kind = PARLEY_CELL_PIECES;
    out.as.pieces = place.new_object<parley_pieces>(
        parley_pieces{texts, numbers, static_cast<std::uint32_t>(numbers_.size()), 0});
    return {};
  }

 private:
  std::uint32_t batch_;
  std::size_t topics_;
  std::string text_;
  std::vector<parley_next> numbers_;
  std::vector<std::size_t> ends_; // of the text before each number
  bool out_of_range_ = false;
};

} // namespace

parley_str kept(std::string_view text, arena& in) {
  if (text.empty()) return {"", 0};
  auto* copy = static_cast<char*>(in.allocate(text.size(), 1));
  std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

problem to_text_cell(const json::value& from, const cell_source& with, parley_cell& out) {
  if (is_deeper(from, with.depth)) {
    return "is nested deeper than " + std::to_string(with.depth) + " levels (limits.value_depth)";
  }
  if (!holds_stand_in(from)) {
    out = text_cell(kept(json::serialize(from), with.in));
    return {};
  }
  piece_writer pieces(with);
  pieces.write(from);
  return pieces.finish(with.in, out);
}

problem to_cell(const json::value& from, column_type type, const cell_source& with,
                parley_cell& out) {
  out = {};
  out.kind = PARLEY_NULL;
  if (from.is_null()) return {};
  switch (type) {
    case column_type::text:
      if (!from.is_string()) return wrong_type("a string", from);
      out = text_cell(kept(from.get_string(), with.in));
      return {};
    case column_type::integer:
      return to_integer(from, with, out);
    case column_type::boolean:
      if (!from.is_bool()) return wrong_type("true or false", from);
      out.kind = PARLEY_INTEGER;
      out.as.integer = from.get_bool() ? 1 : 0;
      return {};
    case column_type::number:
      return to_number(from, out);
    case column_type::json:
      return to_text_cell(from, with, out);
  }
  return "has an unknown type";
}

problem to_plain_cell(const json::value& from, column_type type, const cell_source& with,
                      parley_cell& out) {
  const problem why = to_cell(from, type, with, out);
  if (!why.empty() || out.kind == PARLEY_NULL || out.kind == PARLEY_STRING) return why;
  if (out.kind == PARLEY_CELL_NEXT || out.kind == PARLEY_CELL_PIECES) {
    return "is sealed, and takes no number that only the commit will give";
  }
  const json::value normal = type == column_type::boolean ? json::value(out.as.integer != 0)
                             : out.kind == PARLEY_INTEGER ? json::value(out.as.integer)
                                                          : json::value(out.as.number + 0.0);
  out = text_cell(kept(json::serialize(normal), with.in));
  return {};
}

parley_cell hash_cell(const parley_cell& plain, const data_key& with, arena& in) {
  if (plain.kind != PARLEY_STRING) return parley_cell{PARLEY_NULL, 0, {}};
  constexpr int variant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  unsigned char hash[crypto_generichash_BYTES];
  crypto_generichash(hash, sizeof hash, reinterpret_cast<const unsigned char*>(plain.as.text.ptr),
                     plain.as.text.len, with.bytes.bytes().data(), secret::size);
  char text[sodium_base64_ENCODED_LEN(crypto_generichash_BYTES, variant)];
  sodium_bin2base64(text, sizeof text, hash, sizeof hash, variant);
  return text_cell(kept(text, in));
}

problem no_such(collection_ref which) {
  problem out = "there is no collection " + std::string(which.name);
  return which.version == 0 ? out : out + " of version " + std::to_string(which.version);
}

problem at_field(const table& of, std::string_view field, const problem& why) {
  return "collection " + of.name() + ", field " + std::string(field) + ": " + why;
}

problem to_key(const table& of, const json::array& key, const cell_source& with,
               const parley_cell*& out) {
  if (key.size() != of.key_count()) {
    return "collection " + of.name() + ": a key has " + std::to_string(of.key_count()) +
           " values, not " + std::to_string(key.size());
  }
  auto* cells =
      std::pmr::polymorphic_allocator<>(&with.in).allocate_object<parley_cell>(key.size());
  for (std::size_t i = 0; i < key.size(); ++i) {
    const column& each = of.columns()[i];
    problem why = to_cell(key[i], each.type, with, cells[i]);
    if (why.empty() && cells[i].kind == PARLEY_NULL) why = "is part of the key and cannot be null";
    if (!why.empty()) return at_field(of, each.name, why);
  }
  out = cells;
  return {};
}

} // namespace parley::storage
