#include "storage/migrations.hpp"

#include "observe/log.hpp"
#include "storage/batch.hpp"
#include "storage/requests.hpp"

namespace parley::storage {
namespace json = boost::json;
namespace {

constexpr std::chrono::seconds log_every{1};
constexpr std::uint32_t rows_a_page = 100;

std::string_view plugin_of(std::string_view collection) {
  return collection.substr(0, collection.find('.'));
}

} // namespace

migrations::migrations(engine& store, const parley_storage_driver& driver, env::loop& logic,
                       std::shared_ptr<mailbox> box, std::shared_ptr<tables>& known,
                       const limits& bounds)
    : store_(store),
      driver_(driver),
      logic_(logic),
      box_(std::move(box)),
      known_(known),
      stall_(bounds.migration_stall_ms) {}

migrations::~migrations() {
  logic_.cancel(stalled_);
  for (const auto& [collection, timer] : quiet_) logic_.cancel(timer);
}

void migrations::load(engine::opened done) {
  stored_.clear();
  load_after(nullptr, std::move(done));
}

void migrations::load_after(const json::value& last, engine::opened done) {
  query rest;
  rest.limit = most_rows;
  if (!last.is_null()) rest.lower = last;
  rest.lower_exclusive = true;
  store_.range(
      declarations_name, rest, {},
      [this, done = std::move(done)](failure why, std::vector<json::object> records, bool more) {
        for (const json::object& each : records) {
          const std::string name(each.at("name").get_string());
          if (auto read = from_record(each)) {
            stored_[name] = *std::move(read);
          } else if (name == unfinished_restore) {
            why = {
                status::unavailable,
                "a backup was being put into this store, and not to its end; empty it and restore "
                "again"};
          } else if (why.code == status::ok) {
            why = {status::unavailable, "the store's declaration of " + name + " in " +
                                            std::string(declarations_name) + " cannot be read"};
          }
        }
        if (why.code != status::ok || !more) return done(why);
        load_after(records.back().at("name"), done);
      });
}

void migrations::ask(std::vector<collection> wanted, progressed progress, engine::opened done) {
  if (!given_up_.empty())
    return box_->put([done = std::move(done), why = given_up_] {
      done({status::unavailable, why});
    });
  jobs_.push_back({std::move(wanted), std::move(progress), std::move(done)});
  if (jobs_.size() == 1) box_->put([this] { next(); });
}

void migrations::next() {
  added_.clear();
  changed_.clear();
  unindexed_.clear();
  const problem why = plan(jobs_.front());
  if (!why.empty()) return finish(invalid(why));
  if (!added_.empty()) return widen();
  write();
}

// Everything is checked before anything is changed.
problem migrations::plan(const job& what) {
  for (const collection& each : what.wanted) {
    if (changed_.contains(each.name)) return "collection " + each.name + " is declared twice";
    const auto stored = stored_.find(each.name);
    const declaration before = stored == stored_.end() ? declaration{} : stored->second;
    declaration now = declaration_of(each);
    const bool is_stored = before.version == now.version && before.shape == now.shape;
    if (is_stored && known_->find({each.name, each.version}) != nullptr) continue;
    const evolution step = evolve(before, each);
    if (!step.why.empty()) return step.why;
    auto made = std::make_shared<table>();
    const problem why =
        table::compile(known_->count() + static_cast<std::uint32_t>(added_.size()), each, *made);
    if (!why.empty()) return why;
    made->fill(step.fill);
    if (!made->searched().empty() && !can_search(driver_)) {
      return "collection " + each.name + " is to be searched, which this store cannot";
    }
    if (step.index && before.version != 0) unindexed_.push_back(made);
    added_.push_back(std::move(made));
    changed_[each.name] = is_stored ? declaration{} : std::move(now); // nothing to write
  }
  return {};
}

void migrations::widen() {
  auto what = std::make_unique<pending_widen>(
      box_, [this](const migration_progress& at) { note(at); },
      [this](const failure& why) { why.code == status::ok ? widened() : finish(why); });
  expect_progress();
  pending_widen::submit(std::move(what), added_, driver_);
}

// From here on the driver knows the new shapes, whatever becomes of the declarations.
void migrations::widened() {
  for (auto& each : added_) known_->add(std::move(each));
  index_next();
}

// What is written from now on is found; what was there before is gone through once.
void migrations::index_next() {
  if (unindexed_.empty()) return write();
  const table& of = *unindexed_.front();
  std::vector<std::string> key;
  for (std::uint32_t i = 0; i < of.key_count(); ++i) key.push_back(of.columns()[i].name);
  at_.emplace(std::move(key));
  rows_ = 0;
  index_page();
}

void migrations::index_page() {
  const table& of = *unindexed_.front();
  query rows = at_->next(rows_a_page);
  rows.sealed = sealed_data::left; // has no words
  store_.range({of.name(), of.version()}, rows, {},
               [this](const failure& why, const std::vector<json::object>& page, bool more) {
                 why.code == status::ok ? indexed(page, more) : finish(why);
               });
}

void migrations::indexed(const std::vector<json::object>& page, bool more) {
  const std::shared_ptr<const table> of = unindexed_.front();
  auto writes = store_.begin();
  for (const json::object& each : page)
    static_cast<batch_builder&>(*writes).index(*of, each); // begin() makes no others
  store_.commit(std::move(writes), [this, of, page, more](const commit_result& written) {
    if (written.why.code == status::conflict) return index_page(); // somebody wrote meanwhile
    if (written.why.code != status::ok) return finish(written.why);
    rows_ += page.size();
    note({of->name(), rows_, 0});
    at_->seen(page, more);
    if (!at_->is_over()) return index_page();
    unindexed_.pop_front();
    index_next();
  });
}

void migrations::write() {
  std::erase_if(changed_, [](const auto& each) { return each.second.version == 0; });
  if (changed_.empty()) return finish({});
  auto writes = store_.begin();
  for (const auto& [name, now] : changed_) writes->put(declarations_name, to_record(name, now));
  store_.commit(std::move(writes), [this](const commit_result& written) {
    if (written.why.code != status::ok) return finish(written.why);
    for (const auto& [name, now] : changed_) {
      declaration& before = stored_[name];
      if (before.version != 0) {
        observe::write(observe::level::info, "a collection was migrated",
                       {{"plugin", plugin_of(name)},
                        {"collection", name},
                        {"from", before.version},
                        {"to", now.version}});
      }
      before = now;
    }
    finish({});
  });
}

void migrations::expect_progress() {
  logic_.cancel(stalled_);
  stalled_ = logic_.after(stall_, [this] { give_up(); });
}

// Whoever waits is told. What the driver does cannot be taken back: once it has ended it counts as
// done, and whoever asks again finds it so.
void migrations::give_up() {
  given_up_ = "the store made no progress for " + std::to_string(stall_.count() / 1000) +
              " s (limits.migration_stall_seconds) with";
  for (const auto& [name, now] : changed_) given_up_ += " " + name;
  given_up_ += "; it is still at it: try again when it has ended";
  std::vector<job> waiting(std::make_move_iterator(jobs_.begin()),
                           std::make_move_iterator(jobs_.end()));
  jobs_.clear();
  jobs_.push_back({{}, {}, [](const failure& why) {
                     observe::write(
                         why.code == status::ok ? observe::level::info : observe::level::error,
                         "a migration that was given up has ended", {{"why", why.message}});
                   }});
  for (const job& each : waiting) each.done({status::unavailable, given_up_});
}

void migrations::note(const migration_progress& at) {
  if (given_up_.empty()) expect_progress();
  if (jobs_.front().progress) jobs_.front().progress(at);
  if (quiet_.contains(at.collection)) return;
  quiet_[at.collection] =
      logic_.after(log_every, [this, name = at.collection] { quiet_.erase(name); });
  if (at.total == 0) {
    observe::write(
        observe::level::info, "indexing a collection",
        {{"plugin", plugin_of(at.collection)}, {"collection", at.collection}, {"rows", at.done}});
    return;
  }
  observe::write(observe::level::info, "migrating a collection",
                 {{"plugin", plugin_of(at.collection)},
                  {"collection", at.collection},
                  {"rows", at.done},
                  {"of", at.total}});
}

void migrations::finish(const failure& why) {
  logic_.cancel(stalled_);
  given_up_.clear();
  const job ended = std::move(jobs_.front());
  jobs_.pop_front();
  if (!jobs_.empty()) box_->put([this] { next(); });
  ended.done(why);
}

} // namespace parley::storage
