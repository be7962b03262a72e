#include "backup/loader.hpp"

#include "backup/dump.hpp"
#include "storage/declaration.hpp"
#include "storage/requests.hpp"
#include "storage/sealed_fields.hpp"

namespace parley::backup {

namespace json = boost::json;
using storage::table;

namespace {

// A transaction stays small, and some are on their way while the next is made.
constexpr std::size_t most_operations = 500, most_bytes = 1 << 20, most_under_way = 8;

std::string text_of(const parley_str& from) {
  return {from.ptr, from.len};
}

parley_cell text_cell(std::string_view from) {
  parley_cell out{};
  out.kind = PARLEY_STRING;
  out.as.text = {from.data(), from.size()};
  return out;
}

std::size_t bytes_of(const parley_cell* cells, std::size_t count) {
  std::size_t out = 8 * count;
  for (std::size_t i = 0; i < count; ++i)
    if (cells[i].kind == PARLEY_STRING) out += cells[i].as.text.len;
  return out;
}

} // namespace

struct loader::sent {
  loader& by;
  std::unique_ptr<storage::batch_builder> batch;
  parley_driver_batch view{};
};

std::string loader::open(const std::vector<std::shared_ptr<table>>& these, bool is_first) {
  std::vector<parley_collection> all;
  for (const auto& each : these) all.push_back(each->declaration());
  const auto count = static_cast<std::uint32_t>(all.size());
  const std::string why = wait_for([&](parley_driver_rows_done done, void* user) {
    if (is_first)
      into_.open(into_.self, all.data(), count, done, user);
    else
      into_.widen(into_.self, all.data(), count, nullptr, done, user);
  });
  if (!why.empty()) return why;
  for (const auto& each : these) {
    known_->add(each);
    tables_[each->name()] = each;
  }
  return {};
}

std::string loader::begin() {
  if (!can_dump(into_)) return "the storage driver gives no dumps, so it cannot be restored into";
  auto own = std::make_shared<table>();
  std::string why = table::compile(0, storage::declarations_collection(), *own);
  if (why.empty()) why = open({own}, true);
  if (!why.empty()) return why;
  bool is_empty = true;
  why = dump_and_wait(into_, [&](const parley_driver_piece& piece) -> std::string {
    is_empty = piece.total == 0 && piece.row_count == 0 && piece.head == 0;
    return is_empty ? "" : "the store is not empty; a backup is put into an empty one";
  });
  if (!why.empty()) return why;
  // Until the end.
  const std::string name(storage::unfinished_restore), shape = "{}";
  const parley_cell mark[] = {text_cell(name), {PARLEY_INTEGER, 0, {}}, text_cell(shape)};
  batch().restore(*own, mark);
  send();
  declarations_ = std::make_unique<storage::batch_builder>(known_, 0, storage::limits{});
  return wait(0);
}

std::string loader::take(const parley_driver_piece& piece) {
  if (text_of(piece.name) == storage::declarations_name && piece.kind == PARLEY_PIECE_ROWS)
    return take_declarations(piece);
  if (!is_declared_)
    if (std::string why = declare(); !why.empty()) return why;
  if (piece.kind == PARLEY_PIECE_ROWS) return take_rows(piece);
  take_events(piece);
  records_.add(piece);
  return wait(most_under_way);
}

// A topic may come in several pieces, and may have a head and no events.
void loader::take_events(const parley_driver_piece& piece) {
  if (text_of(piece.name) != topic_) end_log();
  topic_ = text_of(piece.name);
  head_ = piece.head;
  for (std::uint32_t at = 0; at < piece.row_count; ++at) {
    const parley_cell* event = piece.cells + std::size_t{at} * 4;
    batch().restore_event(topic_, event);
    next_bytes_ += bytes_of(event, 4);
    send_if_full();
  }
}

void loader::end_log() {
  if (!topic_.empty()) batch().restore_head(topic_, head_);
}

std::string loader::take_declarations(const parley_driver_piece& piece) {
  const table& own = *tables_.at(std::string(storage::declarations_name));
  for (std::uint32_t i = 0; i < piece.row_count; ++i) {
    std::vector<parley_cell> row(own.columns().size(), parley_cell{PARLEY_NULL, 0, {}});
    for (std::uint32_t c = 0; c < piece.column_count; ++c) {
      const int at = own.column_at(text_of(piece.columns[c]));
      if (at >= 0) row[static_cast<std::size_t>(at)] = piece.cells[i * piece.column_count + c];
    }
    json::object record;
    std::string why = own.record(row.data(), {}, record, {});
    const auto read = why.empty() ? storage::from_record(record) : std::nullopt;
    if (!read) return "a declaration in kernel.collections cannot be read";
    declared_.push_back(storage::collection_of(std::string(record.at("name").get_string()), *read));
    declarations_->restore(own, row.data());
  }
  records_.add(piece);
  return {};
}

std::string loader::declare() {
  is_declared_ = true;
  std::vector<std::shared_ptr<table>> made;
  for (const storage::collection& each : declared_) {
    made.push_back(std::make_shared<table>());
    std::string why = table::compile(known_->count() + static_cast<std::uint32_t>(made.size()) - 1,
                                     each, *made.back());
    if (!why.empty()) return why;
    if (!made.back()->searched().empty() && !storage::can_search(into_))
      return "collection " + each.name + " is to be searched, which this store cannot";
  }
  return made.empty() ? std::string() : open(made, false);
}

// Fields that the declaration does not know are of a migration that did not end: they hold nothing
// but defaults, and it is done again.
std::string loader::take_rows(const parley_driver_piece& piece) {
  if (piece.row_count == 0) return {};
  const auto found = tables_.find(text_of(piece.name));
  if (found == tables_.end())
    return "there are rows of " + text_of(piece.name) + ", which kernel.collections does not name";
  const table& of = *found->second;
  std::vector<int> places;
  std::vector<parley_str> columns;
  for (std::uint32_t c = 0; c < piece.column_count; ++c) {
    places.push_back(of.stored_at(text_of(piece.columns[c])));
    if (places.back() >= 0) columns.push_back(piece.columns[c]);
  }
  std::vector<parley_cell> all;
  for (std::uint32_t i = 0; i < piece.row_count; ++i) {
    std::vector<parley_cell> row(of.columns().size(), parley_cell{PARLEY_NULL, 0, {}});
    for (std::uint32_t c = 0; c < piece.column_count; ++c) {
      if (places[c] < 0) continue;
      const auto at = static_cast<std::uint32_t>(places[c]);
      row[at] = piece.cells[std::size_t{i} * piece.column_count + c];
      const parley_cell* fallback = row[at].kind == PARLEY_NULL ? of.fallback(at) : nullptr;
      if (fallback != nullptr) row[at] = *fallback;
      all.push_back(row[at]);
    }
    batch().restore(of, row.data());
    next_bytes_ += bytes_of(row.data(), row.size());
    send_if_full();
  }
  parley_driver_piece as_put = piece;
  as_put.columns = columns.data();
  as_put.column_count = static_cast<std::uint32_t>(columns.size());
  as_put.cells = all.data();
  records_.add(as_put);
  return wait(most_under_way);
}

std::string loader::end() {
  if (!is_declared_)
    if (std::string why = declare(); !why.empty()) return why;
  end_log();
  if (next_) send();
  if (std::string why = wait(0); !why.empty()) return why;
  counted_ = records_.end();
  declarations_->erase(storage::declarations_name, {storage::unfinished_restore});
  next_ = std::move(declarations_);
  send();
  return wait(0);
}

storage::batch_builder& loader::batch() {
  if (!next_) next_ = std::make_unique<storage::batch_builder>(known_, 0, storage::limits{});
  return *next_;
}

void loader::send_if_full() {
  if (next_->size() >= most_operations || next_bytes_ >= most_bytes) send();
}

void loader::send() {
  next_bytes_ = 0;
  auto* what = new sent{*this, std::move(next_), {}};
  what->view = what->batch->view();
  {
    const std::scoped_lock lock(mutex_);
    if (what->batch->broken().code != storage::status::ok && why_.empty())
      why_ = what->batch->broken().message;
    ++under_way_;
  }
  into_.commit(
      into_.self, &what->view,
      [](void* user, const parley_driver_commit_result* result) {
        const std::unique_ptr<sent> ended(static_cast<sent*>(user));
        loader& by = ended->by;
        const std::scoped_lock lock(by.mutex_);
        if (result->status != PARLEY_OK && by.why_.empty())
          by.why_ =
              "the store refuses what is put back: " +
              (result->error.len == 0 ? std::to_string(result->status) : text_of(result->error));
        --by.under_way_;
        by.ended_.notify_all();
      },
      what);
}

std::string loader::wait(std::size_t most) {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return under_way_ <= most; });
  return why_;
}

} // namespace parley::backup
