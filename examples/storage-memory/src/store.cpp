#include "store.hpp"

#include <algorithm>

namespace storage_memory {

namespace {

const std::vector<std::int64_t> no_numbers;

bool is_condition(std::int32_t kind) {
  return kind >= PARLEY_OP_REQUIRE_ABSENT && kind <= PARLEY_OP_REQUIRE_EQUAL;
}

} // namespace

// One batch: conditions against the state before it, then operations that can be undone.
class store::transaction {
 public:
  transaction(store& in, const parley_driver_batch& batch) : in_(in), batch_(batch) {
    for (std::uint32_t i = 0; i < batch.topic_count; ++i) {
      const auto found = in.topics_.find(std::string(view(batch.topics[i])));
      numbers_.push_back((found == in.topics_.end() ? 0 : found->second.head) + 1);
    }
    for (const std::int64_t next : numbers_) heads_.push_back(next - 1);
    appended_.resize(batch.topic_count);
  }

  outcome run() {
    for (const bool conditions : {true, false}) {
      for (std::uint32_t i = 0; i < batch_.op_count; ++i) {
        const parley_driver_op& op = batch_.ops[i];
        if (is_condition(op.kind) != conditions) continue;
        const parley_status status = conditions ? check(op) : apply(op);
        if (status == PARLEY_OK) continue;
        take_back();
        return {status, why_, i, {}};
      }
    }
    keep_events();
    return {PARLEY_OK, {}, 0, numbers_};
  }

 private:
  parley_status refuse(parley_status status, std::string why) {
    why_ = std::move(why);
    return status;
  }

  const shape* shape_of(const parley_driver_op& op) const {
    return op.collection < in_.shapes_.size() ? &in_.shapes_[op.collection] : nullptr;
  }
  // Nothing where it does not fit the key.
  std::optional<row> key_of(const shape& s, const parley_cell* cells) const {
    row key;
    for (std::uint32_t c = 0; c < s.key_count; ++c) {
      key.push_back(to_cell(cells[c], numbers_));
      if (is_null(key.back()) || !fits(key.back(), s.of->columns[c].type)) return std::nullopt;
    }
    return key;
  }
  // Sets a column of the collection's; false where the value does not fit it.
  bool set(const shape& s, row& to, std::uint32_t column, const parley_cell& from) const {
    const std::uint32_t at = s.columns[column];
    cell value = to_cell(from, numbers_);
    if (is_null(value)) value = s.of->defaults[at];
    if (!fits(value, s.of->columns[at].type)) return false;
    to[at] = std::move(value);
    return true;
  }

  parley_status check(const parley_driver_op& op) {
    const shape* s = shape_of(op);
    if (s == nullptr) return refuse(PARLEY_E_INVALID, "there is no such collection");
    const std::optional<row> key = key_of(*s, op.key);
    if (!key) return refuse(PARLEY_E_INVALID, "the key does not fit the collection");
    const row* found = s->of->find(*key);
    bool holds = (found == nullptr) == (op.kind == PARLEY_OP_REQUIRE_ABSENT);
    for (std::uint32_t i = 0; holds && op.kind == PARLEY_OP_REQUIRE_EQUAL && i < op.cell_count;
         ++i) {
      if (op.columns[i] >= s->columns.size()) return refuse(PARLEY_E_INVALID, "no such column");
      const std::uint32_t at = s->columns[op.columns[i]];
      cell wanted = to_cell(op.cells[i], numbers_);
      const cell& stored = is_null((*found)[at]) ? s->of->defaults[at] : (*found)[at];
      holds = fits(wanted, s->of->columns[at].type) && stored == wanted;
    }
    return holds ? PARLEY_OK : refuse(PARLEY_E_CONFLICT, "a condition failed");
  }

  parley_status apply(const parley_driver_op& op) {
    if (op.kind == PARLEY_OP_APPEND) return append(op);
    if (op.kind == PARLEY_OP_VOID) return make_void(op);
    if (op.kind == PARLEY_OP_SKIP) return skip(op);
    const shape* s = shape_of(op);
    if (s == nullptr) return refuse(PARLEY_E_INVALID, "there is no such collection");
    switch (op.kind) {
      case PARLEY_OP_PUT:
        return put(*s, op);
      case PARLEY_OP_PATCH:
      case PARLEY_OP_INCREMENT:
        return change(*s, op);
      case PARLEY_OP_ERASE: {
        const std::optional<row> key = key_of(*s, op.key);
        return key ? write(*s, *key, std::nullopt)
                   : refuse(PARLEY_E_INVALID, "the key does not fit the collection");
      }
      case PARLEY_OP_WORDS:
        return take_words(*s, op);
      default:
        return refuse(PARLEY_E_INVALID, "there is no such operation");
    }
  }

  // Columns that the shape does not know keep what they have.
  parley_status put(const shape& s, const parley_driver_op& op) {
    if (op.cell_count != s.columns.size())
      return refuse(PARLEY_E_INVALID, "a row has a cell for every column");
    const std::optional<row> key = key_of(s, op.cells);
    if (!key) return refuse(PARLEY_E_INVALID, "the key does not fit the collection");
    const row* old = s.of->find(*key);
    row made = old != nullptr ? *old : row(s.of->defaults);
    for (std::uint32_t c = 0; c < op.cell_count; ++c)
      if (!set(s, made, c, op.cells[c])) return refuse(PARLEY_E_INVALID, "a cell does not fit");
    return write(s, *key, std::move(made));
  }

  parley_status change(const shape& s, const parley_driver_op& op) {
    const std::optional<row> key = key_of(s, op.key);
    if (!key) return refuse(PARLEY_E_INVALID, "the key does not fit the collection");
    const row* old = s.of->find(*key);
    if (old == nullptr) return refuse(PARLEY_E_CONFLICT, "no such row");
    row changed = *old;
    for (std::uint32_t i = 0; i < op.cell_count; ++i) {
      if (op.columns[i] >= s.columns.size() || op.columns[i] < s.key_count)
        return refuse(PARLEY_E_INVALID, "no such column, or one of the key");
      if (op.kind == PARLEY_OP_PATCH) {
        if (!set(s, changed, op.columns[i], op.cells[i]))
          return refuse(PARLEY_E_INVALID, "a cell does not fit");
        continue;
      }
      cell& at = changed[s.columns[op.columns[i]]];
      if (s.of->columns[s.columns[op.columns[i]]].type != PARLEY_COLUMN_INTEGER)
        return refuse(PARLEY_E_INVALID, "only integers are incremented");
      if (is_null(at)) at = s.of->defaults[s.columns[op.columns[i]]];
      const std::int64_t before = is_null(at) ? 0 : std::get<std::int64_t>(at);
      std::int64_t after = 0;
      if (__builtin_add_overflow(before, op.cells[i].as.integer, &after))
        return refuse(PARLEY_E_INVALID, "the integer would be too large");
      at = after;
    }
    return write(s, *key, std::move(changed));
  }

  parley_status write(const shape& s, const row& key, std::optional<row> to) {
    undo before = as_it_is(s, key);
    const bool is_erased = !to.has_value();
    if (!s.of->write(key, std::move(to)))
      return refuse(PARLEY_E_CONFLICT, "a unique index has such a row already");
    if (is_erased) s.of->words.erase(key);
    undo_.push_back(std::move(before));
    return PARLEY_OK;
  }

  parley_status take_words(const shape& s, const parley_driver_op& op) {
    const std::optional<row> key = key_of(s, op.key);
    if (!key) return refuse(PARLEY_E_INVALID, "the key does not fit the collection");
    for (std::uint32_t i = 0; i < op.cell_count; ++i)
      if (op.columns[i] >= s.searched_count) return refuse(PARLEY_E_INVALID, "no such words");
    if (s.of->find(*key) == nullptr) return PARLEY_OK;
    undo_.push_back(as_it_is(s, *key));
    std::vector<std::string>& words = s.of->words[*key];
    words.resize(s.searched_count);
    for (std::uint32_t i = 0; i < op.cell_count; ++i) {
      const bool given = op.cells[i].kind == PARLEY_STRING;
      words[op.columns[i]] =
          given ? " " + std::string(view(op.cells[i].as.text)) + " " : std::string();
    }
    return PARLEY_OK;
  }

  undo as_it_is(const shape& s, const row& key) const {
    const row* old = s.of->find(key);
    const auto words = s.of->words.find(key);
    return {s.of, key, old != nullptr ? std::optional<row>(*old) : std::nullopt,
            words != s.of->words.end() ? words->second : std::vector<std::string>()};
  }

  parley_status append(const parley_driver_op& op) {
    if (op.topic >= batch_.topic_count) return refuse(PARLEY_E_INVALID, "there is no such topic");
    row event;
    for (std::uint32_t i = 0; i < 3; ++i) event.push_back(to_cell(op.cells[i], numbers_));
    appended_[op.topic].emplace_back(++heads_[op.topic], std::move(event));
    return PARLEY_OK;
  }

  parley_status skip(const parley_driver_op& op) {
    if (op.topic >= batch_.topic_count || op.cell_count != 1 || op.cells[0].kind != PARLEY_INTEGER)
      return refuse(PARLEY_E_INVALID, "numbers are skipped in a topic, up to one");
    heads_[op.topic] = std::max(heads_[op.topic], op.cells[0].as.integer);
    return PARLEY_OK;
  }

  parley_status make_void(const parley_driver_op& op) {
    if (op.topic >= batch_.topic_count) return refuse(PARLEY_E_INVALID, "there is no such topic");
    if (op.cell_count != 2 || op.cells[0].kind != PARLEY_INTEGER)
      return refuse(PARLEY_E_INVALID, "a void has a number and a name");
    voids_.push_back(&op);
    return PARLEY_OK;
  }

  void take_back() {
    for (auto each = undo_.rbegin(); each != undo_.rend(); ++each) {
      each->of->write(each->key, each->before);
      each->of->words.erase(each->key);
      if (!each->words.empty()) each->of->words[each->key] = each->words;
    }
  }

  void keep_events() {
    for (const parley_driver_op* op : voids_) {
      const auto of = in_.topics_.find(std::string(view(batch_.topics[op->topic])));
      if (of == in_.topics_.end()) continue;
      const auto at = of->second.log.find(op->cells[0].as.integer);
      if (at == of->second.log.end() || at->second[0] != to_cell(op->cells[1], numbers_)) continue;
      at->second[0] = at->second[1] = cell();
    }
    for (std::uint32_t t = 0; t < batch_.topic_count; ++t) {
      if (heads_[t] < numbers_[t]) continue;
      const std::string name(view(batch_.topics[t]));
      topic& to = in_.topics_[name];
      to.head = heads_[t];
      for (auto& [number, event] : appended_[t]) {
        if (const auto* at = std::get_if<std::string>(&event[2]))
          in_.by_time_.emplace(*at, name, number);
        to.log.emplace(number, std::move(event));
      }
    }
  }

  store& in_;
  const parley_driver_batch& batch_;
  std::vector<std::int64_t> numbers_;                               // the next one of each topic
  std::vector<std::int64_t> heads_;                                 // of each topic, so far
  std::vector<std::vector<std::pair<std::int64_t, row>>> appended_; // by topic; number, event
  std::vector<const parley_driver_op*> voids_;
  std::vector<undo> undo_;
  std::string why_;
};

outcome store::commit(const parley_driver_batch& batch) {
  return transaction(*this, batch).run();
}

rows store::read(const parley_driver_read& what) const {
  rows out;
  const rows seen = visit(what, [&](const row& found) {
    if (out.all.size() == what.limit) {
      out.more = true;
      return false;
    }
    out.all.push_back(shapes_[what.collection].seen(found));
    return true;
  });
  return seen.status == PARLEY_OK ? out : seen;
}

rows store::read_through(const parley_driver_through& what) const {
  const auto width = [&](std::uint32_t collection) {
    return collection < shapes_.size() ? shapes_[collection].columns.size() : 0;
  };
  if (what.order >= width(what.collection) || what.by_column >= width(what.by->collection) ||
      shapes_[what.collection].key_count != 1 || what.by->lower != nullptr ||
      what.by->upper != nullptr)
    return {PARLEY_E_INVALID, "nothing leads there", {}, false};
  const shape& s = shapes_[what.collection];
  std::vector<std::pair<row, const row*>> found; // order and key, the row
  const rows led = visit(*what.by, [&](const row& via) {
    const cell& key = via[shapes_[what.by->collection].columns[what.by_column]];
    const row* to = s.of->find({key});
    if (to != nullptr && !is_null((*to)[s.columns[what.order]]))
      found.emplace_back(row{(*to)[s.columns[what.order]], key}, to);
    return true;
  });
  if (led.status != PARLEY_OK) return led;
  std::sort(found.begin(), found.end());
  if (what.reverse != 0) std::reverse(found.begin(), found.end());
  rows out;
  for (const auto& [place, to] : found) {
    if (what.beyond != nullptr) {
      const row last{to_cell(what.beyond[0], no_numbers), to_cell(what.beyond[1], no_numbers)};
      if (what.reverse != 0 ? !(place < last) : !(last < place)) continue;
    }
    out.more = out.all.size() == what.limit;
    if (out.more) break;
    out.all.push_back(s.seen(*to));
  }
  return out;
}

rows store::visit(const parley_driver_read& what,
                  const std::function<bool(const row&)>& visit) const {
  rows out;
  const bool known = what.collection < shapes_.size();
  const auto indexes = known ? shapes_[what.collection].indexes.size() : 0;
  if (!known || (what.index >= 0 && static_cast<std::size_t>(what.index) >= indexes))
    return {PARLEY_E_INVALID, "there is no such collection or index", {}, false};
  const shape& s = shapes_[what.collection];
  range in;
  if (what.index >= 0) in.index = s.indexes[static_cast<std::size_t>(what.index)];
  const std::size_t width = in.index ? s.of->indexes[*in.index].columns.size() : s.key_count;
  const auto column_at = [&](std::size_t i) -> const column& {
    return s.of->columns[in.index ? s.of->indexes[*in.index].columns[i] : i];
  };
  const bool bounded = what.lower != nullptr || what.upper != nullptr;
  if (what.prefix_count + (bounded ? 1 : 0) > width)
    return {PARLEY_E_INVALID, "the range has more columns than the key or index", {}, false};
  const auto take = [&](const parley_cell& from, std::size_t i) {
    cell value = to_cell(from, no_numbers);
    if (!fits(value, column_at(i).type)) out.status = PARLEY_E_INVALID;
    return value;
  };
  for (std::uint32_t i = 0; i < what.prefix_count; ++i)
    in.prefix.push_back(take(what.prefix[i], i));
  if (what.lower != nullptr) in.lower = take(*what.lower, what.prefix_count);
  if (what.upper != nullptr) in.upper = take(*what.upper, what.prefix_count);
  in.lower_exclusive = what.lower_exclusive != 0;
  in.upper_exclusive = what.upper_exclusive != 0;
  in.reverse = what.reverse != 0;
  if (out.status != PARLEY_OK) return {out.status, "a bound does not fit its column", {}, false};
  s.of->read(in, visit);
  return out;
}

// How often the words of a term are found in those of a row.
static std::size_t count(const parley_search_term& term, const std::string& in) {
  std::size_t found = 0;
  const auto look_for = [&](const std::string& wanted) {
    for (std::size_t at = in.find(wanted); at != in.npos; at = in.find(wanted, at + 1)) ++found;
  };
  const std::string_view words = view(term.words);
  if (term.kind != PARLEY_TERM_ANY) {
    look_for(" " + std::string(words) + (term.kind == PARLEY_TERM_PREFIX ? "" : " "));
    return found;
  }
  for (std::size_t at = 0; at <= words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    look_for(" " + std::string(words.substr(at, end - at)) + " ");
    at = end + 1;
  }
  return found;
}

// How often all terms are found in a row, for each of its words; 0: one of them is not.
static double score(const std::vector<std::string>& words, const parley_driver_search& what) {
  std::size_t hits = 0, length = 1;
  for (std::uint32_t t = 0; t < what.term_count; ++t) {
    const parley_search_term& term = what.terms[t];
    std::size_t found = 0, among = 0;
    for (std::uint32_t c = 0; c < term.column_count; ++c) {
      among += words[term.columns[c]].size();
      found += count(term, words[term.columns[c]]);
    }
    if (found == 0) return 0;
    if (term.kind == PARLEY_TERM_ANY) continue;
    length += among;
    hits += found;
  }
  return static_cast<double>(hits) / static_cast<double>(length);
}

static bool is_within(const row& found, const std::vector<std::uint32_t>& columns,
                      const parley_driver_search& what) {
  if (what.range_count == 0) return true;
  const auto* text = std::get_if<std::string>(&found[columns[what.range_text]]);
  const auto* number = std::get_if<std::int64_t>(&found[columns[what.range_from]]);
  return text != nullptr && number != nullptr &&
         std::any_of(what.ranges, what.ranges + what.range_count,
                     [&](const parley_search_range& each) {
                       return view(each.text) == *text && *number >= each.from;
                     });
}

rows store::search(const parley_driver_search& what) const {
  if (what.collection >= shapes_.size() || what.term_count == 0)
    return {PARLEY_E_INVALID, "there is no such collection, or nothing to look for", {}, false};
  const shape& s = shapes_[what.collection];
  for (std::uint32_t t = 0; t < what.term_count; ++t)
    for (std::uint32_t c = 0; c < what.terms[t].column_count; ++c)
      if (what.terms[t].columns[c] >= s.searched_count)
        return {PARLEY_E_INVALID, "there are no such words", {}, false};
  if (what.range_count != 0 &&
      (what.range_text >= s.columns.size() || what.range_from >= s.columns.size()))
    return {PARLEY_E_INVALID, "there is no such column", {}, false};
  std::vector<std::pair<double, const row*>> found;
  for (const auto& [key, words] : s.of->words)
    if (const double seen = score(words, what);
        seen > 0 && is_within(*s.of->find(key), s.columns, what))
      found.emplace_back(-seen, &key);
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  rows out;
  for (std::size_t i = what.skip; i < found.size() && !out.more; ++i) {
    out.more = out.all.size() == what.limit;
    if (out.more) break;
    out.all.push_back(s.seen(*s.of->find(*found[i].second)));
  }
  return out;
}

rows store::read_logs(const parley_driver_log_read& from) const {
  rows out;
  const std::string first(view(from.topic));
  for (auto topic = topics_.lower_bound(first); topic != topics_.end(); ++topic) {
    const auto& log = topic->second.log;
    const std::int64_t after = topic->first == first ? from.after : 0;
    for (auto at = log.upper_bound(after); at != log.end(); ++at) {
      if (out.all.size() == from.limit) {
        out.more = true;
        return out;
      }
      row& seen = out.all.emplace_back(row{topic->first, at->first});
      seen.insert(seen.end(), at->second.begin(), at->second.end());
    }
  }
  return out;
}

rows store::read_log(const parley_driver_log_read& what) const {
  rows out;
  const auto found = topics_.find(std::string(view(what.topic)));
  if (found == topics_.end()) return out;
  for (auto at = found->second.log.upper_bound(what.after); at != found->second.log.end(); ++at) {
    if (out.all.size() == what.limit) {
      out.more = true;
      break;
    }
    row& seen = out.all.emplace_back(row{at->first});
    seen.insert(seen.end(), at->second.begin(), at->second.end());
  }
  return out;
}

rows store::heads(const parley_str* topics, std::uint32_t count) const {
  rows out;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto found = topics_.find(std::string(view(topics[i])));
    out.all.push_back({found == topics_.end() ? std::int64_t{0} : found->second.head});
  }
  return out;
}

bool store::trim_log(std::string_view before, std::uint32_t limit) {
  for (; !by_time_.empty(); --limit) {
    const auto& [at, name, number] = *by_time_.begin();
    if (at >= before) break;
    if (limit == 0) return true;
    topics_[name].log.erase(number);
    by_time_.erase(by_time_.begin());
  }
  return false;
}

} // namespace storage_memory
