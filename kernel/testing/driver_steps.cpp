#include "testing/driver_steps.hpp"

#include <optional>
#include <random>
#include <utility>

namespace parley::test::storage {

namespace {

// --------------------------------------------------------------------------------

class steps_maker {
 public:
  steps_maker(std::uint64_t seed, bool begins_again) : draw_(seed), begins_again_(begins_again) {}

  step next() {
    step out;
    const std::size_t luck = below(100);
    if (luck < 55) {
      out.ops = batch_of(1 + below(5));
    } else if (luck < 84) {
      out.what = step::kind::read;
      out.read = read();
    } else if (luck < 91) {
      out.what = step::kind::read_log;
      out.topic = below(model_topics);
      out.after = whole(0, 6);
      if (one_in(3)) out.limit = static_cast<std::uint32_t>(1 + below(3));
    } else if (luck < 94) {
      out.what = step::kind::heads;
    } else if (luck < 96) {
      out.what = step::kind::trim;
      out.before = time();
    } else if (luck < 98 || !begins_again_) {
      out.what = step::kind::widen;
    } else {
      out.what = step::kind::reopen;
    }
    return out;
  }

 private:
  std::size_t below(std::size_t most) { return static_cast<std::size_t>(draw_() % most); }
  bool one_in(std::size_t count) { return below(count) == 0; }
  std::int64_t whole(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::size_t>(most - least + 1)));
  }
  std::string time() { return "2026-01-0" + std::to_string(1 + below(5)); }
  int shape() { return static_cast<int>(below(4)) - 1; }
  value or_null(value from) { return one_in(4) ? value(null{}) : std::move(from); }

  // What a column may hold: few values, so that they meet.
  value cell(std::uint32_t column) {
    switch (column) {
      case 0:
        return text(one_in(2) ? "p" : "q");
      case 1:
        return whole(0, 3);
      case 2:
        return or_null("n" + std::to_string(below(4)));
      case 3:
        return or_null(whole(-1, 2));
      case 4:
        return or_null(one_in(2) ? 0.5 : -2.25);
      case 5:
        return or_null(text(one_in(2) ? "{}" : "[1,\"\xC3\xA9'\"]"));
      case 6:
        return or_null(text(one_in(2) ? "blue" : "Blue"));
      default:
        return or_null(whole(0, 2));
    }
  }
  value tag() { return "t" + std::to_string(below(4)); }
  row key(int shape) { return shape == of_tags ? row{tag()} : row{cell(0), cell(1)}; }

  std::vector<model_op> batch_of(std::size_t count) {
    // An event that is appended and made void by one batch: nobody says which comes first.
    const bool appends = one_in(2);
    std::vector<model_op> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(op(appends));
    return out;
  }

  model_op op(bool appends) {
    model_op out;
    out.shape = shape();
    const std::size_t luck = below(20);
    if (luck < 4) return event(appends);
    if (luck < 11) {
      out.kind = PARLEY_OP_PUT;
      out.cells = put_row(out.shape);
      return out;
    }
    static constexpr std::int32_t others[] = {
        PARLEY_OP_PATCH,          PARLEY_OP_PATCH,          PARLEY_OP_INCREMENT,
        PARLEY_OP_INCREMENT,      PARLEY_OP_ERASE,          PARLEY_OP_ERASE,
        PARLEY_OP_REQUIRE_ABSENT, PARLEY_OP_REQUIRE_EXISTS, PARLEY_OP_REQUIRE_EQUAL};
    out.kind = others[luck - 11];
    if (out.kind == PARLEY_OP_PATCH || out.kind == PARLEY_OP_INCREMENT ||
        out.kind == PARLEY_OP_REQUIRE_EQUAL)
      choose_columns(out);
    out.key = key(out.shape);
    return out;
  }

  row put_row(int shape) {
    if (shape == of_tags) return {tag()};
    row out;
    for (std::uint32_t i = 0; i < 8; ++i) out.push_back(cell(i));
    if (one_in(6)) out[3] = next_number{static_cast<std::uint32_t>(below(model_topics)), 0};
    return out;
  }

  void choose_columns(model_op& out) {
    if (out.shape == of_tags) out.shape = 0; // has none but its key
    out.columns = {out.kind == PARLEY_OP_INCREMENT ? 3 : static_cast<std::uint32_t>(2 + below(4))};
    if (out.kind != PARLEY_OP_INCREMENT && out.shape > 0 && one_in(2))
      out.columns.push_back(static_cast<std::uint32_t>(6 + below(2)));
    for (const std::uint32_t each : out.columns)
      out.cells.push_back(out.kind == PARLEY_OP_INCREMENT ? value(whole(-3, 3)) : cell(each));
  }

  model_op event(bool appends) {
    model_op out;
    out.topic = below(model_topics);
    out.kind = appends ? PARLEY_OP_APPEND : PARLEY_OP_VOID;
    value name = "e" + std::to_string(below(2));
    if (!appends) {
      out.cells = {whole(1, 8), std::move(name)};
      return out;
    }
    value data = text("{}");
    if (one_in(3))
      data = pieces{{"{\"seq\":", "}"}, {{static_cast<std::uint32_t>(below(model_topics)), 0}}};
    out.cells = {std::move(name), std::move(data), time()};
    return out;
  }

  model_read read() {
    model_read out;
    out.shape = shape();
    out.index = out.shape == of_tags ? -1 : static_cast<std::int32_t>(below(4)) - 1;
    if (out.index == 2 && out.shape < 1) out.index = -1;
    std::vector<std::uint32_t> columns{0, 1};
    if (out.index == 0) columns = {2};
    if (out.index == 1) columns = {0, 3};
    if (out.index == 2) columns = {7};
    if (out.shape == of_tags) columns = {0};
    const auto one = [&](std::size_t at) {
      return out.shape == of_tags ? tag() : cell(columns[at]);
    };
    const std::size_t length = below(columns.size() + 1);
    for (std::size_t i = 0; i < length; ++i) out.prefix.push_back(one(i));
    const auto bound = [&](std::optional<value>& to) {
      value drawn = one(length);
      if (!std::holds_alternative<null>(drawn)) to = std::move(drawn);
    };
    if (length < columns.size() && one_in(2)) bound(out.within.lower);
    if (length < columns.size() && one_in(2)) bound(out.within.upper);
    out.within.lower_exclusive = one_in(3);
    out.within.upper_exclusive = one_in(3);
    out.within.reverse = one_in(2);
    if (one_in(3)) out.within.limit = static_cast<std::uint32_t>(1 + below(4));
    return out;
  }

  std::mt19937_64 draw_;
  const bool begins_again_;
};

std::string shown(const value& from) {
  if (const auto* next = std::get_if<next_number>(&from))
    return "next(" + model_topic(next->topic) + ")";
  if (const auto* parts = std::get_if<pieces>(&from))
    return "pieces with next(" + model_topic(parts->numbers[0].topic) + ")";
  if (const auto* whole = std::get_if<std::int64_t>(&from)) return std::to_string(*whole);
  if (const auto* real = std::get_if<double>(&from)) return std::to_string(*real);
  if (const auto* text = std::get_if<std::string>(&from)) return '"' + *text + '"';
  return "NULL";
}

std::string shown(const row& from) {
  std::string out;
  for (const value& each : from) out += (out.empty() ? "" : ", ") + shown(each);
  return "(" + out + ")";
}

std::string table_name(int shape) {
  return shape == of_tags ? "tags" : "items (in shape " + std::to_string(shape) + " at most)";
}

std::string shown(const model_op& op) {
  static const char* const names[] = {"",
                                      "put",
                                      "patch",
                                      "increment",
                                      "erase",
                                      "append",
                                      "require absent",
                                      "require exists",
                                      "require equal",
                                      "void"};
  std::string out = names[op.kind];
  if (op.kind == PARLEY_OP_APPEND || op.kind == PARLEY_OP_VOID)
    return out + " " + model_topic(op.topic) + " " + shown(op.cells);
  out += " " + table_name(op.shape);
  if (!op.key.empty()) out += " key " + shown(op.key);
  for (std::size_t i = 0; i < op.columns.size(); ++i)
    out += " column " + std::to_string(op.columns[i]) + ": " + shown(op.cells[i]);
  if (op.kind == PARLEY_OP_PUT) out += " " + shown(op.cells);
  return out;
}

std::string shown(const model_read& what) {
  std::string out = "read " + table_name(what.shape);
  out += what.index < 0 ? " by key" : " by index " + std::to_string(what.index);
  out += " prefix " + shown(what.prefix);
  const bounds& in = what.within;
  if (in.lower) out += (in.lower_exclusive ? " above " : " from ") + shown(*in.lower);
  if (in.upper) out += (in.upper_exclusive ? " below " : " to ") + shown(*in.upper);
  if (in.reverse) out += " backwards";
  return out + " limit " + std::to_string(in.limit);
}

} // namespace

std::vector<step> random_steps(std::uint64_t seed, std::size_t count, bool begins_again) {
  steps_maker maker(seed, begins_again);
  std::vector<step> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(maker.next());
  return out;
}

std::string shown(const step& what) {
  std::string out;
  switch (what.what) {
    case step::kind::commit:
      for (const model_op& each : what.ops) out += (out.empty() ? "" : "; ") + shown(each);
      return "commit " + out;
    case step::kind::read:
      return shown(what.read);
    case step::kind::read_log:
      return "read the log of " + model_topic(what.topic) + " after " + std::to_string(what.after) +
             " limit " + std::to_string(what.limit);
    case step::kind::heads:
      return "heads";
    case step::kind::trim:
      return "trim logs before " + what.before;
    case step::kind::widen:
      return "widen items";
    case step::kind::reopen:
      return "reopen";
  }
  return out;
}

} // namespace parley::test::storage
