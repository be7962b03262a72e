#include "parley/test/driver_calls.hpp"

#include <utility>

namespace parley::test::storage {
namespace {

parley_str borrow(const std::string& text) {
  return {text.data(), text.size()};
}
std::string text_of(const parley_str& text) {
  return {text.ptr, text.len};
}

plain plain_of(const parley_cell& cell) {
  switch (cell.kind) {
    case PARLEY_INTEGER:
      return cell.as.integer;
    case PARLEY_NUMBER:
      return cell.as.number;
    case PARLEY_STRING:
      return text_of(cell.as.text);
    default:
      return null{};
  }
}

// Rows are filled in by cells that follow one another.
void fill_in(std::vector<plain_row>& to, const parley_cell* next, std::uint32_t rows,
             std::uint32_t columns) {
  for (std::uint32_t i = 0; i < rows; ++i) {
    plain_row& each = to.emplace_back();
    for (std::uint32_t c = 0; c < columns; ++c) each.push_back(plain_of(*next++));
  }
}

void give(void* user, const parley_driver_rows* from) {
  rows out;
  out.status = from->status;
  out.error = text_of(from->error);
  out.more = from->more != 0;
  fill_in(out.all, from->cells, from->row_count, from->column_count);
  static_cast<std::promise<rows>*>(user)->set_value(std::move(out));
}

struct submission {
  std::shared_ptr<batch> what;
  std::promise<committed> promise;
};

struct widening {
  std::vector<parley_collection> what;
  std::vector<progress>* told = nullptr;
  std::promise<rows> promise;
};

struct dumping {
  std::string first;
  std::function<bool(piece)> take;
  parley_driver_dump what{};
  std::promise<rows> promise;
};

std::uint32_t take_piece(void* user, const parley_driver_piece* from) {
  piece out;
  out.kind = from->kind;
  out.name = text_of(from->name);
  out.head = from->head;
  for (std::uint32_t c = 0; from->columns != nullptr && c < from->column_count; ++c)
    out.columns.push_back(text_of(from->columns[c]));
  out.key_count = from->key_count;
  fill_in(out.rows, from->cells, from->row_count, from->column_count);
  out.done = from->done;
  out.total = from->total;
  return static_cast<dumping*>(user)->take(std::move(out)) ? 0 : 1;
}

} // namespace

// Runs `begin(done, user)` and waits.
template <typename Begin>
rows calls::wait_for(Begin begin) const {
  std::promise<rows> promise;
  auto future = promise.get_future();
  begin(give, static_cast<void*>(&promise));
  return await(std::move(future));
}

const parley_cell* cell_store::keep(const row& from) {
  std::vector<parley_cell> cells;
  for (const value& each : from) cells.push_back(make(each));
  rows_.push_back(std::move(cells));
  return rows_.back().data();
}

parley_cell cell_store::make(const value& from) {
  parley_cell out{};
  out.kind = PARLEY_NULL;
  if (const auto* number = std::get_if<std::int64_t>(&from)) {
    out.kind = PARLEY_INTEGER;
    out.as.integer = *number;
  } else if (const auto* real = std::get_if<double>(&from)) {
    out.kind = PARLEY_NUMBER;
    out.as.number = *real;
  } else if (const auto* string = std::get_if<std::string>(&from)) {
    out.kind = PARLEY_STRING;
    out.as.text = borrow(texts_.emplace_back(*string));
  } else if (const auto* next = std::get_if<next_number>(&from)) {
    out.kind = PARLEY_CELL_NEXT;
    out.as.next = {next->topic, next->offset};
  } else if (const auto* parts = std::get_if<pieces>(&from)) {
    auto& texts = text_lists_.emplace_back();
    for (const auto& each : parts->texts) texts.push_back(borrow(texts_.emplace_back(each)));
    auto& numbers = number_lists_.emplace_back();
    for (const auto& each : parts->numbers) numbers.push_back({each.topic, each.offset});
    out.kind = PARLEY_CELL_PIECES;
    out.as.pieces = &pieces_.emplace_back(
        parley_pieces{texts.data(), numbers.data(), static_cast<std::uint32_t>(numbers.size()), 0});
  }
  return out;
}

parley_driver_op& batch::add(std::int32_t kind, std::uint32_t collection) {
  parley_driver_op& op = ops_.emplace_back();
  op.size = sizeof op;
  op.kind = kind;
  op.collection = collection;
  return op;
}

batch& batch::put(std::uint32_t collection, row cells) {
  parley_driver_op& op = add(PARLEY_OP_PUT, collection);
  op.cells = cells_.keep(cells);
  op.cell_count = static_cast<std::uint32_t>(cells.size());
  return *this;
}

batch& batch::patch(std::uint32_t collection, row key, std::vector<std::uint32_t> columns,
                    row cells) {
  equal(collection, std::move(key), std::move(columns), std::move(cells));
  ops_.back().kind = PARLEY_OP_PATCH;
  return *this;
}

batch& batch::increment(std::uint32_t collection, row key, std::uint32_t column, std::int64_t by) {
  equal(collection, std::move(key), {column}, {by});
  ops_.back().kind = PARLEY_OP_INCREMENT;
  return *this;
}

batch& batch::erase(std::uint32_t collection, row key) {
  add(PARLEY_OP_ERASE, collection).key = cells_.keep(key);
  return *this;
}

batch& batch::append(std::string name, value event, value data, value at) {
  const std::uint32_t place = topic(name);
  parley_driver_op& op = add(PARLEY_OP_APPEND, 0);
  op.topic = place;
  op.cells = cells_.keep({std::move(event), std::move(data), std::move(at)});
  op.cell_count = 3;
  return *this;
}

batch& batch::make_void(std::string name, std::int64_t number, std::string event) {
  const std::uint32_t place = topic(name);
  parley_driver_op& op = add(PARLEY_OP_VOID, 0);
  op.topic = place;
  op.cells = cells_.keep({number, std::move(event)});
  op.cell_count = 2;
  return *this;
}

batch& batch::skip(std::string name, std::int64_t number) {
  const std::uint32_t place = topic(name);
  parley_driver_op& op = add(PARLEY_OP_SKIP, 0);
  op.topic = place;
  op.cells = cells_.keep({number});
  op.cell_count = 1;
  return *this;
}

batch& batch::words(std::uint32_t collection, row key, std::vector<std::uint32_t> places,
                    row words) {
  equal(collection, std::move(key), std::move(places), std::move(words));
  ops_.back().kind = PARLEY_OP_WORDS;
  return *this;
}

batch& batch::absent(std::uint32_t collection, row key) {
  add(PARLEY_OP_REQUIRE_ABSENT, collection).key = cells_.keep(key);
  return *this;
}

batch& batch::exists(std::uint32_t collection, row key) {
  add(PARLEY_OP_REQUIRE_EXISTS, collection).key = cells_.keep(key);
  return *this;
}

batch& batch::equal(std::uint32_t collection, row key, std::vector<std::uint32_t> columns,
                    row cells) {
  parley_driver_op& op = add(PARLEY_OP_REQUIRE_EQUAL, collection);
  op.key = cells_.keep(key);
  op.columns = columns_.emplace_back(std::move(columns)).data();
  op.cells = cells_.keep(cells);
  op.cell_count = static_cast<std::uint32_t>(cells.size());
  return *this;
}

std::uint32_t batch::topic(const std::string& name) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] == name) return static_cast<std::uint32_t>(i);
  }
  topics_.push_back(borrow(names_.emplace_back(name)));
  return static_cast<std::uint32_t>(topics_.size() - 1);
}

const parley_driver_batch* batch::view() {
  view_ = {sizeof view_,   static_cast<std::uint32_t>(ops_.size()),    ops_.data(),
           topics_.data(), static_cast<std::uint32_t>(topics_.size()), 0};
  return &view_;
}

rows calls::open(const std::vector<parley_collection>& collections) {
  return wait_for([&](auto done, void* user) {
    driver_.open(driver_.self, collections.data(), static_cast<std::uint32_t>(collections.size()),
                 done, user);
  });
}

std::future<committed> calls::submit(std::shared_ptr<batch> what) {
  auto* sent = new submission{std::move(what), {}};
  auto future = sent->promise.get_future();
  const auto done = [](void* user, const parley_driver_commit_result* result) {
    const std::unique_ptr<submission> back(static_cast<submission*>(user));
    committed out{result->status, result->failed_op, {}, text_of(result->error)};
    if (result->status == PARLEY_OK) {
      const std::uint32_t count = back->what->view()->topic_count;
      out.numbers.assign(result->first_numbers, result->first_numbers + count);
    }
    back->promise.set_value(std::move(out));
  };
  driver_.commit(driver_.self, sent->what->view(), done, sent);
  return future;
}

committed calls::commit(batch what) {
  return await(submit(std::make_shared<batch>(std::move(what))));
}

rows calls::read(std::uint32_t collection, std::int32_t index, row prefix, bounds within) {
  cell_store cells;
  parley_driver_read read{};
  read.size = sizeof read;
  read.collection = collection;
  read.index = index;
  read.limit = within.limit;
  read.prefix = cells.keep(prefix);
  read.prefix_count = static_cast<std::uint32_t>(prefix.size());
  read.reverse = within.reverse ? 1 : 0;
  read.may_lag = within.may_lag ? 1 : 0;
  if (within.lower) read.lower = cells.keep({*within.lower});
  if (within.upper) read.upper = cells.keep({*within.upper});
  read.lower_exclusive = within.lower_exclusive ? 1 : 0;
  read.upper_exclusive = within.upper_exclusive ? 1 : 0;
  return wait_for([&](auto done, void* user) { driver_.read(driver_.self, &read, done, user); });
}

rows calls::read_through(std::uint32_t collection, std::uint32_t by, const through& what) {
  cell_store cells;
  parley_driver_read leading{};
  leading.size = sizeof leading;
  leading.collection = by;
  leading.index = what.index;
  leading.prefix = cells.keep(what.prefix);
  leading.prefix_count = static_cast<std::uint32_t>(what.prefix.size());
  parley_driver_through given{};
  given.size = sizeof given;
  given.collection = collection;
  given.by = &leading;
  given.by_column = what.by_column;
  given.order = what.order;
  given.beyond = what.beyond.empty() ? nullptr : cells.keep(what.beyond);
  given.limit = what.limit;
  given.reverse = what.reverse ? 1 : 0;
  return wait_for(
      [&](auto done, void* user) { driver_.read_through(driver_.self, &given, done, user); });
}

rows calls::search(std::uint32_t collection, const std::vector<term>& terms, std::uint32_t limit,
                   std::uint32_t skip, const ranges& within, bool may_lag) {
  std::vector<parley_search_term> given;
  for (const term& each : terms) {
    given.push_back({borrow(each.words), each.places.data(),
                     static_cast<std::uint32_t>(each.places.size()), each.kind});
  }
  std::vector<parley_search_range> each_range;
  for (const auto& [text, from] : within.all) each_range.push_back({borrow(text), from});
  const parley_driver_search what{sizeof what,
                                  collection,
                                  given.data(),
                                  static_cast<std::uint32_t>(given.size()),
                                  limit,
                                  skip,
                                  static_cast<std::uint32_t>(each_range.size()),
                                  each_range.data(),
                                  within.text,
                                  within.from,
                                  may_lag ? 1u : 0u,
                                  0};
  return wait_for([&](parley_driver_rows_done done, void* user) {
    driver_.search(driver_.self, &what, done, user);
  });
}

rows calls::read_log(std::string topic, std::int64_t after, std::uint32_t limit) {
  const parley_driver_log_read read{sizeof read, limit, borrow(topic), after};
  return wait_for(
      [&](auto done, void* user) { driver_.read_log(driver_.self, &read, done, user); });
}

rows calls::heads(std::vector<std::string> topics) {
  std::vector<parley_str> names;
  for (const std::string& each : topics) names.push_back(borrow(each));
  return wait_for([&](auto done, void* user) {
    driver_.heads(driver_.self, names.data(), static_cast<std::uint32_t>(names.size()), done, user);
  });
}

rows calls::read_logs(std::string topic, std::int64_t after, std::uint32_t limit) {
  const parley_driver_log_read from{sizeof from, limit, borrow(topic), after};
  return wait_for(
      [&](auto done, void* user) { driver_.read_logs(driver_.self, &from, done, user); });
}

rows calls::scrub() {
  return wait_for([&](auto done, void* user) { driver_.scrub(driver_.self, done, user); });
}

rows calls::trim_log(std::string before, std::uint32_t limit) {
  return wait_for([&](auto done, void* user) {
    driver_.trim_log(driver_.self, borrow(before), limit, done, user);
  });
}

rows calls::widen(const std::vector<parley_collection>& collections, std::vector<progress>* told) {
  return await(begin_to_widen(collections, told));
}

std::future<rows> calls::begin_to_widen(std::vector<parley_collection> collections,
                                        std::vector<progress>* told) {
  auto* sent = new widening{std::move(collections), told, {}};
  auto future = sent->promise.get_future();
  driver_.widen(
      driver_.self, sent->what.data(), static_cast<std::uint32_t>(sent->what.size()),
      [](void* user, std::uint32_t collection, std::uint64_t done, std::uint64_t total) {
        auto* to = static_cast<widening*>(user)->told;
        if (to != nullptr) to->push_back({collection, done, total});
      },
      [](void* user, const parley_driver_rows* from) {
        const std::unique_ptr<widening> back(static_cast<widening*>(user));
        back->promise.set_value(rows{from->status, {}, false, text_of(from->error)});
      },
      sent);
  return future;
}

std::future<rows> calls::begin_to_dump(std::string first, std::function<bool(piece)> take) {
  auto* sent = new dumping{std::move(first), std::move(take), {}, {}};
  auto future = sent->promise.get_future();
  sent->what = {sizeof sent->what, 0, borrow(sent->first), take_piece};
  driver_.dump(
      driver_.self, &sent->what,
      [](void* user, const parley_driver_rows* from) {
        const std::unique_ptr<dumping> back(static_cast<dumping*>(user));
        back->promise.set_value(rows{from->status, {}, false, text_of(from->error)});
      },
      sent);
  return future;
}

rows calls::close() {
  return wait_for([&](auto done, void* user) { driver_.close(driver_.self, done, user); });
}

} // namespace parley::test::storage
