#include "storage/engine.hpp"

#include "storage/commit_queue.hpp"
#include "storage/migrations.hpp"
#include "storage/sealed_events.hpp"
#include "storage/sealed_reader.hpp"
#include "storage/search_hits.hpp"
#include "storage/stand_ins.hpp"

#include <algorithm>

namespace parley::storage {
namespace json = boost::json;
namespace {

class driver_engine final : public engine {
 public:
  driver_engine(env::loop& logic, const parley_storage_driver& driver, const limits& bounds,
                std::optional<sealing> seals)
      : driver_(driver),
        bounds_(bounds),
        box_(std::make_shared<mailbox>(logic)),
        sealed_(keys_, seals ? &seals->metrics : nullptr),
        commits_(box_, driver, keys_),
        migrations_(*this, driver, logic, box_, tables_, bounds) {
    if (seals) {
      keys_ = std::make_unique<data_keys>(
          *this, logic,
          [this](std::unique_ptr<batch> what, committed done) { write(std::move(what), done); },
          *std::move(seals), bounds);
    }
  }
  ~driver_engine() override { box_->shut(); }

  void open(std::vector<collection> collections, opened done) override;
  void widen(std::vector<collection> of_one_plugin,
             std::function<void(const migration_progress&)> progress, opened done) override;
  std::unique_ptr<batch> begin() override {
    return std::make_unique<batch_builder>(tables_, ++batches_ % stand_in_batches, bounds_);
  }
  void commit(std::unique_ptr<batch> what, committed done) override;
  void get(collection_ref collection, const json::array& key, json::storage_ptr arena,
           got done) override;
  void range(collection_ref collection, const query& what, json::storage_ptr arena,
             ranged done) override;
  void through(collection_ref collection, collection_ref by, const through_query& what,
               json::storage_ptr arena, ranged done) override;
  void search(collection_ref collection, const search_query& what, json::storage_ptr arena,
              searched done) override;
  void read_log(std::string_view topic, std::int64_t after, std::uint32_t limit,
                log_read done) override;
  void read_logs(std::string_view topic, std::int64_t after, std::uint32_t limit,
                 sealed_data sealed, logs_read done) override;
  void scrub(scrubbed done) override;
  void heads(std::vector<std::string> topics, heads_read done) override;
  void trim_log(std::string_view before, std::uint32_t limit, trimmed done) override;
  void erase_key(std::string_view subject, opened done) override;
  void rotate_keys(master_keys next, rotated done) override;
  void close(opened done) override;

 private:
  template <typename Arguments, typename Done>
  std::unique_ptr<pending_rows<Arguments>> request(Done done) {
    return std::make_unique<pending_rows<Arguments>>(box_, std::move(done));
  }
  template <typename Arguments>
  std::unique_ptr<pending_rows<Arguments>> page_request(const table* of, sealed_data how,
                                                        json::storage_ptr arena, ranged done);
  void write(std::unique_ptr<batch> what, const committed& done);
  void open_keys(std::vector<collection> then_these, opened done);
  void refuse(std::string_view collection, const opened& done);
  void ask(std::vector<collection> wanted, std::function<void(const migration_progress&)> progress,
           opened done);
  void give(const table& of, const row_copy& rows, const unsealer& with,
            const json::storage_ptr& arena, const got& done) const;
  void give(const table& of, const row_copy& rows, const unsealer& with,
            const json::storage_ptr& arena, const ranged& done) const;
  log_entry entry(std::string_view topic, const parley_cell* cells, const unsealer& with) const;

  const parley_storage_driver& driver_;
  const limits bounds_;
  std::shared_ptr<mailbox> box_;
  // Shared with batches and reads that are under way.
  std::shared_ptr<tables> tables_ = std::make_shared<tables>();
  std::uint32_t batches_ = 0;
  std::unique_ptr<data_keys> keys_; // empty: no fields are sealed
  sealed_reader sealed_;
  commit_queue commits_;
  migrations migrations_;
};

std::string text_of(const parley_cell& cell) {
  return cell.kind == PARLEY_STRING ? std::string(cell.as.text.ptr, cell.as.text.len)
                                    : std::string();
}

// First the collection that says what is stored; the others by the path of every migration.
void driver_engine::open(std::vector<collection> collections, opened done) {
  auto own = std::make_shared<table>();
  if (const problem why = table::compile(0, declarations_collection(), *own); !why.empty()) {
    return box_->put([done = std::move(done), why] { done(invalid(why)); });
  }
  auto known = std::make_shared<tables>();
  known->add(own);
  tables_ = known;
  auto what = request<open_arguments>(
      [this, wanted = std::move(collections), done = std::move(done)](const row_copy& rows) {
        if (rows.why.code != status::ok) return done(rows.why);
        migrations_.load([this, wanted, done](const failure& why) {
          if (why.code != status::ok) return done(why);
          open_keys(wanted, done);
        });
      });
  what->arguments.collection = own->declaration();
  auto* given = what.release();
  driver_.open(driver_.self, &given->arguments.collection, 1,
               &pending_rows<open_arguments>::completed, given);
}

// Also without a master key: a key that is stored can be erased.
void driver_engine::open_keys(std::vector<collection> then_these, opened done) {
  migrations_.ask({data_keys_collection()}, {}, [this, then_these, done](const failure& why) {
    if (why.code != status::ok) return done(why);
    if (!keys_) return ask(then_these, {}, done);
    keys_->start([this, then_these, done](const failure& refused) {
      if (refused.code != status::ok) return done(refused);
      ask(then_these, {}, done);
    });
  });
}

void driver_engine::widen(std::vector<collection> of_one_plugin,
                          std::function<void(const migration_progress&)> progress, opened done) {
  for (const collection& each : of_one_plugin) {
    const bool seals = std::any_of(each.columns.begin(), each.columns.end(),
                                   [](const column& one) { return one.sealed.has_value(); });
    if (seals && !keys_) return refuse(each.name, done);
  }
  ask(std::move(of_one_plugin), std::move(progress), std::move(done));
}

void driver_engine::refuse(std::string_view collection, const opened& done) {
  const problem why = "collection " + std::string(collection) +
                      " seals fields, and storage.master_keys names no master key; `parleyctl "
                      "keys new FILE` makes one";
  box_->put([done, why] { done(invalid(why)); });
}

// What is looked up by equality has a key for it, before anything is written or found by it.
void driver_engine::ask(std::vector<collection> wanted,
                        std::function<void(const migration_progress&)> progress, opened done) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    for (std::size_t c = 0; c < wanted[i].columns.size(); ++c) {
      const column& each = wanted[i].columns[c];
      if (!each.sealed || !each.sealed->lookup || each.lookup_key) continue;
      if (!keys_) return refuse(wanted[i].name, done);
      const std::string subject = "lookup:" + wanted[i].name + "." + each.name;
      return keys_->of_subject(subject, [this, wanted = std::move(wanted), progress, done, i, c](
                                            const failure& why, const data_key_ptr& key) mutable {
        if (why.code != status::ok) return done(why);
        wanted[i].columns[c].lookup_key = key;
        ask(std::move(wanted), progress, done);
      });
    }
  }
  migrations_.ask(std::move(wanted), std::move(progress), std::move(done));
}

void driver_engine::commit(std::unique_ptr<batch> what, committed done) {
  commits_.put(std::make_unique<pending_commit>(box_, std::move(what), std::move(done)));
}

// Past those that wait, which may wait for it.
void driver_engine::write(std::unique_ptr<batch> what, const committed& done) {
  pending_commit::submit(std::make_unique<pending_commit>(box_, std::move(what), done), driver_);
}

void driver_engine::give(const table& of, const row_copy& rows, const unsealer& with,
                         const json::storage_ptr& arena, const got& done) const {
  if (rows.why.code != status::ok || rows.count == 0) return done(rows.why, std::nullopt);
  json::object record(arena);
  const problem why = of.record(rows.row(0), arena, record, with);
  if (!why.empty()) return done(sealed_.damaged(why, of.name()), std::nullopt);
  done({}, std::move(record));
}

void driver_engine::give(const table& of, const row_copy& rows, const unsealer& with,
                         const json::storage_ptr& arena, const ranged& done) const {
  if (rows.why.code != status::ok) return done(rows.why, {}, false);
  std::vector<json::object> records;
  records.reserve(rows.count);
  for (std::uint32_t i = 0; i < rows.count; ++i) {
    records.emplace_back(arena);
    const problem why = of.record(rows.row(i), arena, records.back(), with);
    if (!why.empty()) return done(sealed_.damaged(why, of.name()), {}, false);
  }
  done({}, std::move(records), rows.more);
}

void driver_engine::get(collection_ref collection, const json::array& key, json::storage_ptr arena,
                        got done) {
  const table* of = tables_->find(collection);
  auto what = request<range_arguments>(
      [this, done = std::move(done), arena, of, keep = tables_](row_copy&& rows) {
        if (of == nullptr) return done(rows.why, std::nullopt);
        if (of->sealed().empty()) return give(*of, rows, {}, arena, done);
        sealed_.open(*of, std::move(rows),
                     [this, done, arena, of, keep](const row_copy& read, const unsealer& with) {
                       give(*of, read, with, arena, done);
                     });
      });
  const problem why = of == nullptr ? no_such(collection) : what->arguments.prepare(*of, key);
  if (!why.empty()) return what->refuse(std::move(what), invalid(why));
  auto* given = what.release();
  driver_.read(driver_.self, &given->arguments.read, &pending_rows<range_arguments>::completed,
               given);
}

// Rows on their way home to whoever wants a page of records.
template <typename Arguments>
std::unique_ptr<pending_rows<Arguments>> driver_engine::page_request(const table* of,
                                                                     sealed_data how,
                                                                     json::storage_ptr arena,
                                                                     ranged done) {
  return request<Arguments>([this, done = std::move(done), arena = std::move(arena), of, how,
                             keep = tables_](row_copy&& rows) {
    if (of == nullptr) return done(rows.why, {}, false);
    if (of->sealed().empty() || how == sealed_data::left)
      return give(*of, rows, unsealer(how), arena, done);
    sealed_.open(*of, std::move(rows),
                 [this, done, arena, of, keep](const row_copy& read, const unsealer& with) {
                   give(*of, read, with, arena, done);
                 });
  });
}

void driver_engine::range(collection_ref collection, const query& query, json::storage_ptr arena,
                          ranged done) {
  const table* of = tables_->find(collection);
  auto what = page_request<range_arguments>(of, query.sealed, std::move(arena), std::move(done));
  const problem why = of == nullptr ? no_such(collection) : what->arguments.prepare(*of, query);
  if (!why.empty()) return what->refuse(std::move(what), invalid(why));
  auto* given = what.release();
  driver_.read(driver_.self, &given->arguments.read, &pending_rows<range_arguments>::completed,
               given);
}

void driver_engine::through(collection_ref collection, collection_ref by,
                            const through_query& query, json::storage_ptr arena, ranged done) {
  const table* of = tables_->find(collection);
  const table* via = tables_->find(by);
  auto what =
      page_request<through_arguments>(of, sealed_data::opened, std::move(arena), std::move(done));
  problem why = of == nullptr    ? no_such(collection)
                : via == nullptr ? no_such(by)
                                 : what->arguments.prepare(*of, *via, query);
  if (why.empty() && !has(driver_, driver_.read_through))
    why = "this store does not read through a collection";
  if (!why.empty()) return what->refuse(std::move(what), invalid(why));
  auto* given = what.release();
  driver_.read_through(driver_.self, &given->arguments.through,
                       &pending_rows<through_arguments>::completed, given);
}

void driver_engine::search(collection_ref collection, const search_query& what,
                           json::storage_ptr arena, searched done) {
  const std::shared_ptr<const tables> known = tables_;
  const table* of = known->find(collection);
  if (of == nullptr || !can_search(driver_)) {
    const std::string why = of == nullptr ? no_such(collection) : "this store cannot search";
    return box_->put([done = std::move(done), why] { done(invalid(why), {}, false); });
  }
  const table& newest = known->newest(*of);
  auto looked_for = std::make_shared<search_arguments>();
  failure fault{status::invalid_text, looked_for->take_text(what)};
  if (fault.message.empty()) fault = {status::invalid, looked_for->prepare(*of, newest, what)};
  if (fault.message.empty()) fault = {};
  if (fault.code != status::ok || looked_for->terms.empty() || looked_for->is_nothing) {
    return box_->put([done = std::move(done), fault] { done(fault, {}, false); });
  }
  auto request_for = request<std::shared_ptr<search_arguments>>(
      [this, known, of, &newest, looked_for, where = json::object(what.where), arena,
       done = std::move(done)](row_copy&& read) {
        const auto then = [this, known, of, &newest, looked_for, where, arena, done](
                              const row_copy& rows, const unsealer& with) {
          if (rows.why.code != status::ok) return done(rows.why, {}, false);
          std::vector<search_hit> hits;
          for (std::uint32_t i = 0; i < rows.count; ++i) {
            search_hit hit;
            const problem why = to_hit(rows.row(i), *of, newest, *looked_for, with, arena, hit);
            if (!why.empty()) return done(sealed_.damaged(why, of->name()), {}, false);
            if (is_narrowed(hit.record, where)) hits.push_back(std::move(hit));
          }
          done({}, std::move(hits), rows.more);
        };
        if (newest.sealed().empty()) return then(read, {});
        sealed_.open(newest, std::move(read), then);
      });
  auto* given = request_for.release();
  given->arguments = looked_for;
  driver_.search(driver_.self, &looked_for->search,
                 &pending_rows<std::shared_ptr<search_arguments>>::completed, given);
}

log_entry entry_of(const parley_cell* cells) {
  return {cells[0].as.integer, text_of(cells[1]), text_of(cells[2]), text_of(cells[3])};
}

log_entry driver_engine::entry(std::string_view topic, const parley_cell* cells,
                               const unsealer& with) const {
  log_entry out = entry_of(cells);
  if (!is_sealed_event(out.data)) return out;
  const problem why = open_event(topic, out, with);
  if (!why.empty()) sealed_.damaged(why, "kernel.log");
  return out;
}

void driver_engine::read_log(std::string_view topic, std::int64_t after, std::uint32_t limit,
                             log_read done) {
  auto what = request<log_arguments>(
      [this, topic = std::string(topic), done = std::move(done)](row_copy&& rows) {
        const auto then = [this, topic, done](const row_copy& read, const unsealer& with) {
          std::vector<log_entry> entries;
          entries.reserve(read.count);
          for (std::uint32_t i = 0; i < read.count; ++i)
            entries.push_back(entry(topic, read.row(i), with));
          done(read.why, std::move(entries), read.more);
        };
        sealed_.open_log(std::move(rows), 2, then);
      });
  const problem why = what->arguments.prepare(topic, after, limit);
  if (!why.empty()) return what->refuse(std::move(what), invalid(why));
  auto* given = what.release();
  driver_.read_log(driver_.self, &given->arguments.read, &pending_rows<log_arguments>::completed,
                   given);
}

void driver_engine::read_logs(std::string_view topic, std::int64_t after, std::uint32_t limit,
                              sealed_data sealed, logs_read done) {
  const bool opens = sealed == sealed_data::opened;
  auto what = request<log_arguments>([this, opens, done = std::move(done)](row_copy&& rows) {
    const auto then = [this, opens, done](const row_copy& read, const unsealer& with) {
      std::vector<topic_entry> entries;
      entries.reserve(read.count);
      for (std::uint32_t i = 0; i < read.count; ++i) {
        const parley_cell* row = read.row(i);
        const std::string of = text_of(row[0]);
        entries.push_back({of, opens ? entry(of, row + 1, with) : entry_of(row + 1)});
      }
      done(read.why, std::move(entries), read.more);
    };
    if (!opens) return then(rows, unsealer(sealed_data::left));
    sealed_.open_log(std::move(rows), 3, then);
  });
  problem why = what->arguments.prepare(topic, after, limit);
  if (why.empty() && !has(driver_, driver_.read_logs)) why = "this store cannot list its logs";
  if (!why.empty()) return what->refuse(std::move(what), invalid(why));
  auto* given = what.release();
  driver_.read_logs(driver_.self, &given->arguments.read, &pending_rows<log_arguments>::completed,
                    given);
}

void driver_engine::scrub(scrubbed done) {
  if (!has(driver_, driver_.scrub)) return box_->put([done = std::move(done)] { done({}, false); });
  auto what = request<text_argument>([done = std::move(done)](const row_copy& rows) {
    done(rows.why, rows.why.code == status::ok);
  });
  auto* given = what.release();
  driver_.scrub(driver_.self, &pending_rows<text_argument>::completed, given);
}

void driver_engine::heads(std::vector<std::string> topics, heads_read done) {
  auto what = request<head_arguments>([done = std::move(done)](const row_copy& rows) {
    std::vector<std::int64_t> heads;
    heads.reserve(rows.count);
    for (std::uint32_t i = 0; i < rows.count; ++i) heads.push_back(rows.row(i)->as.integer);
    done(rows.why, std::move(heads));
  });
  auto* given = what.release();
  given->arguments.names = std::move(topics);
  for (const std::string& each : given->arguments.names) {
    given->arguments.topics.push_back({each.data(), each.size()});
  }
  driver_.heads(driver_.self, given->arguments.topics.data(),
                static_cast<std::uint32_t>(given->arguments.topics.size()),
                &pending_rows<head_arguments>::completed, given);
}

void driver_engine::trim_log(std::string_view before, std::uint32_t limit, trimmed done) {
  auto what = request<text_argument>(
      [done = std::move(done)](const row_copy& rows) { done(rows.why, rows.more); });
  auto* given = what.release();
  given->arguments.text = before;
  driver_.trim_log(driver_.self, {given->arguments.text.data(), given->arguments.text.size()},
                   limit, &pending_rows<text_argument>::completed, given);
}

void driver_engine::erase_key(std::string_view subject, opened done) {
  if (keys_) return keys_->erase(subject, std::move(done));
  auto writes = begin();
  writes->erase(data_keys_name, {json::string(subject)});
  write(std::move(writes),
        [done = std::move(done)](const commit_result& erased) { done(erased.why); });
}

void driver_engine::rotate_keys(master_keys next, rotated done) {
  if (keys_ && !next.empty()) return keys_->rotate(std::move(next), std::move(done));
  const failure why = invalid(
      keys_
          ? "there has to be a master key"
          : "this server began without a master key; name one in storage.master_keys, and restart");
  box_->put([done = std::move(done), why] { done(why, 0); });
}

void driver_engine::close(opened done) {
  commits_.then([this, done = std::move(done)] {
    auto what = request<text_argument>([done](const row_copy& rows) { done(rows.why); });
    auto* given = what.release();
    driver_.close(driver_.self, &pending_rows<text_argument>::completed, given);
  });
}

} // namespace

std::unique_ptr<engine> make_engine(env::loop& logic, const parley_storage_driver& driver,
                                    const limits& bounds, std::optional<sealing> seals) {
  return std::make_unique<driver_engine>(logic, driver, bounds, std::move(seals));
}

} // namespace parley::storage
