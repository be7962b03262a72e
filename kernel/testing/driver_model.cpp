#include "testing/driver_model.hpp"

#include <algorithm>

namespace parley::test::storage {

namespace {

constexpr std::uint32_t name = 2, size = 3, colour = 6, all_columns = 8;
const plain red = std::string("it's red");

std::vector<std::uint32_t> columns_of(const model_read& what) {
  if (what.shape == of_tags) return {0};
  if (what.index < 0) return {0, 1};
  if (what.index == 0) return {name};
  if (what.index == 1) return {0, size};
  return {7}; // rank
}

// Two rows may not have the same name.
bool is_taken(const std::map<plain_row, plain_row>& in, const plain_row& key,
              const plain_row& made) {
  return made.size() == all_columns && made[name] != plain(null{}) &&
         std::any_of(in.begin(), in.end(), [&](const auto& each) {
           return each.first != key && each.second[name] == made[name];
         });
}

} // namespace

std::string model_topic(std::size_t at) {
  return std::string(1, static_cast<char>('x' + at));
}

void driver_model::widen() {
  ++shape_;
  if (shape_ < widest) return;
  for (auto& [key, each] : tables_.first) {
    if (each[size] == plain(null{})) each[size] = std::int64_t{5};
  }
}

plain driver_model::resolved(const value& from) const {
  const auto number = [&](const next_number& next) {
    return topics_[next.topic].head + 1 + next.offset;
  };
  if (const auto* next = std::get_if<next_number>(&from)) return number(*next);
  if (const auto* parts = std::get_if<pieces>(&from)) {
    std::string out = parts->texts[0];
    for (std::size_t i = 0; i < parts->numbers.size(); ++i)
      out += std::to_string(number(parts->numbers[i])) + parts->texts[i + 1];
    return out;
  }
  if (const auto* whole = std::get_if<std::int64_t>(&from)) return *whole;
  if (const auto* real = std::get_if<double>(&from)) return *real;
  if (const auto* text = std::get_if<std::string>(&from)) return *text;
  return null{};
}

plain_row driver_model::resolved(const row& from) const {
  plain_row out;
  for (const value& each : from) out.push_back(resolved(each));
  return out;
}

// A NULL that is written becomes the default of the newest shape.
plain driver_model::stored(int shape, std::uint32_t column, const value& from) const {
  plain out = resolved(from);
  if (shape == of_tags || out != plain(null{})) return out;
  if (column == colour) return red;
  if (column == size && shape_ == widest) return std::int64_t{5};
  return out;
}

committed driver_model::commit(const std::vector<model_op>& ops) {
  const auto is_condition = [](const model_op& op) {
    return op.kind >= PARLEY_OP_REQUIRE_ABSENT && op.kind <= PARLEY_OP_REQUIRE_EQUAL;
  };
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (is_condition(ops[i]) && !holds(ops[i]))
      return {PARLEY_E_CONFLICT, static_cast<std::uint32_t>(i), {}, {}};
  }
  tables to = tables_;
  topics in = topics_;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    if (is_condition(ops[i])) continue;
    if (const parley_status seen = apply(ops[i], to, in); seen != PARLEY_OK)
      return {seen, static_cast<std::uint32_t>(i), {}, {}};
  }
  committed out;
  for (const topic& each : topics_) out.numbers.push_back(each.head + 1);
  tables_ = std::move(to);
  topics_ = std::move(in);
  return out;
}

bool driver_model::holds(const model_op& condition) const {
  const auto& in = table(condition.shape);
  const auto found = in.find(resolved(condition.key));
  if (condition.kind == PARLEY_OP_REQUIRE_ABSENT) return found == in.end();
  if (found == in.end()) return false;
  for (std::size_t i = 0; i < condition.columns.size(); ++i) {
    if (found->second[condition.columns[i]] != resolved(condition.cells[i])) return false;
  }
  return true;
}

parley_status driver_model::apply(const model_op& what, tables& to, topics& in) const {
  topic& log = in[what.topic];
  switch (what.kind) {
    case PARLEY_OP_APPEND: {
      plain_row event = resolved(what.cells);
      event.insert(event.begin(), ++log.head);
      log.log[log.head] = std::move(event);
      return PARLEY_OK;
    }
    case PARLEY_OP_VOID: {
      const auto found = log.log.find(std::get<std::int64_t>(what.cells[0]));
      if (found != log.log.end() && found->second[1] == resolved(what.cells[1]))
        found->second[1] = found->second[2] = null{};
      return PARLEY_OK;
    }
    default:
      return change(what, to);
  }
}

parley_status driver_model::change(const model_op& what, tables& to) const {
  auto& in = what.shape == of_tags ? to.second : to.first;
  const bool puts = what.kind == PARLEY_OP_PUT;
  plain_row key = resolved(what.key);
  if (puts) {
    key = resolved(what.cells);
    key.resize(what.shape == of_tags ? 1 : 2);
  }
  const auto found = in.find(key);
  if (what.kind == PARLEY_OP_ERASE) {
    in.erase(key);
    return PARLEY_OK;
  }
  if (!puts && found == in.end()) return PARLEY_E_CONFLICT;
  plain_row made = found != in.end() ? found->second : plain_row(all_columns);
  if (what.shape == of_tags)
    made.resize(1);
  else if (found == in.end())
    made[colour] = red;
  for (std::uint32_t i = 0; i < what.cells.size(); ++i) {
    const std::uint32_t at = puts ? i : what.columns[i];
    if (what.kind != PARLEY_OP_INCREMENT) {
      made[at] = stored(what.shape, at, what.cells[i]);
      continue;
    }
    const auto* before = std::get_if<std::int64_t>(&made[at]);
    made[at] = (before != nullptr ? *before : 0) + std::get<std::int64_t>(what.cells[i]);
  }
  if (is_taken(in, key, made)) return PARLEY_E_CONFLICT;
  in[key] = std::move(made);
  return PARLEY_OK;
}

rows driver_model::read(const model_read& what) const {
  const std::vector<std::uint32_t> columns = columns_of(what);
  const plain_row prefix = resolved(what.prefix);
  std::vector<std::pair<plain_row, plain_row>> found; // by its place in the order
  for (const auto& [key, each] : table(what.shape)) {
    plain_row place;
    for (const std::uint32_t column : columns) place.push_back(each[column]);
    if (!std::equal(prefix.begin(), prefix.end(), place.begin())) continue;
    const bool bounded = what.within.lower || what.within.upper;
    const plain next = bounded ? place[prefix.size()] : plain(null{});
    if (bounded && next == plain(null{})) continue;
    if (what.within.lower) {
      const plain least = resolved(*what.within.lower);
      if (next < least || (what.within.lower_exclusive && next == least)) continue;
    }
    if (what.within.upper) {
      const plain most = resolved(*what.within.upper);
      if (most < next || (what.within.upper_exclusive && next == most)) continue;
    }
    place.insert(place.end(), key.begin(), key.end());
    found.emplace_back(std::move(place), each);
  }
  std::sort(found.begin(), found.end());
  if (what.within.reverse) std::reverse(found.begin(), found.end());
  rows out;
  for (auto& [place, each] : found) {
    if (out.all.size() == what.within.limit) {
      out.more = true;
      break;
    }
    if (what.shape == 0) each.resize(6);
    out.all.push_back(std::move(each));
  }
  return out;
}

rows driver_model::read_log(std::size_t of, std::int64_t after, std::uint32_t limit) const {
  rows out;
  const auto& log = topics_[of].log;
  for (auto at = log.upper_bound(after); at != log.end(); ++at) {
    if (out.all.size() == limit) {
      out.more = true;
      break;
    }
    out.all.push_back(at->second);
  }
  return out;
}

rows driver_model::heads() const {
  rows out;
  for (const topic& each : topics_) out.all.push_back({each.head});
  return out;
}

void driver_model::trim(const std::string& before) {
  for (topic& each : topics_) {
    std::erase_if(each.log, [&](const auto& event) {
      return std::get<std::string>(event.second[3]) < before;
    });
  }
}

} // namespace parley::test::storage
