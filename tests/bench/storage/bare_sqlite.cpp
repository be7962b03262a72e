#include "bare_sqlite.hpp"

#include "env/thread.hpp"

#include <sqlite3.h>

#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace parley::bench {
namespace {

constexpr std::size_t largest_group = 1024;
constexpr int checkpoint_pages = 1000;
constexpr const char* put_sql =
    "INSERT INTO \"bench.messages\"(conversation, seq, at, id, sender, text) VALUES(?, ?, ?, ?, ?, "
    "?) ON CONFLICT(conversation, seq) DO UPDATE SET at = excluded.at, id = excluded.id,"
    " sender = excluded.sender, text = excluded.text";
constexpr const char* log_sql =
    "INSERT INTO \"parley:log\"(topic, number, event, data, at) VALUES(?, ?, ?, ?, ?)";
constexpr const char* head_sql =
    "INSERT INTO \"parley:topics\"(id, name, head) VALUES(?, ?, ?)"
    " ON CONFLICT(id) DO UPDATE SET head = excluded.head";
constexpr const char* newest_sql =
    "SELECT conversation, seq, at, id, sender, text FROM \"bench.messages\""
    " WHERE conversation = ? ORDER BY seq DESC LIMIT ?";

class connection {
 public:
  connection(const std::string& file, const char* setup) {
    must(sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                         nullptr),
         SQLITE_OK);
    must(sqlite3_exec(handle_, setup, nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~connection() {
    for (sqlite3_stmt* each : made_) sqlite3_finalize(each);
    sqlite3_close(handle_);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  sqlite3* handle() const { return handle_; }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* out = nullptr;
    must(sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &out, nullptr), SQLITE_OK);
    return made_.emplace_back(out);
  }
  void run(sqlite3_stmt* what) {
    must(sqlite3_step(what), SQLITE_DONE);
    sqlite3_reset(what);
  }
  void must(int code, int wanted) const {
    if (code != wanted) throw std::runtime_error(sqlite3_errmsg(handle_));
  }

 private:
  sqlite3* handle_ = nullptr;
  std::vector<sqlite3_stmt*> made_;
};

void bind_text(sqlite3_stmt* to, int at, std::string_view text) {
  sqlite3_bind_text(to, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

class bare final : public store {
 public:
  bare(const std::string& file, bool reads_elsewhere)
      : file_(file), reads_elsewhere_(reads_elsewhere) {
    sqlite3_wal_hook(writer_.handle(), written, this);
    checkpointer_.start();
    thread_.start();
    if (reads_elsewhere_) other_.start();
  }

  void post(task what) override { thread_.loop().post(std::move(what)); }
  void append(const message& what, task done) override {
    asked_.emplace_back(what, std::move(done));
    if (asked_.size() == 1) post([this] { commit(); });
  }
  void newest(std::uint32_t conversation, task done) override {
    if (!reads_elsewhere_) {
      read_newest(conversation);
      return done();
    }
    other_.loop().post([this, conversation, done = std::move(done)]() mutable {
      read_newest(conversation);
      post(std::move(done));
    });
  }

 private:
  struct topic {
    std::int64_t id = 0, head = 0;
    bool is_changed = false;
  };

  void read_newest(std::uint32_t conversation) {
    const std::string name = name_of(conversation);
    bind_text(newest_, 1, name);
    sqlite3_bind_int(newest_, 2, page);
    std::size_t bytes = 0;
    while (sqlite3_step(newest_) == SQLITE_ROW)
      for (int i = 0; i < 6; ++i) {
        if (i == 1) {
          bytes += static_cast<std::size_t>(sqlite3_column_int64(newest_, i) != 0);
          continue;
        }
        const auto* text = sqlite3_column_text(newest_, i);
        bytes += text != nullptr ? static_cast<std::size_t>(sqlite3_column_bytes(newest_, i)) : 0;
      }
    sqlite3_reset(newest_);
    if (bytes == 0) throw std::runtime_error("there is nothing to read");
  }

  void commit() {
    std::vector<std::pair<message, task>> group;
    group.swap(asked_);
    if (group.size() > largest_group) throw std::runtime_error("too many at once");
    writer_.run(begin_);
    for (const auto& [what, done] : group) write(what);
    for (auto& [name, of] : topics_) {
      if (!std::exchange(of.is_changed, false)) continue;
      sqlite3_bind_int64(head_, 1, of.id);
      bind_text(head_, 2, name);
      sqlite3_bind_int64(head_, 3, of.head);
      writer_.run(head_);
    }
    writer_.run(commit_);
    for (const auto& [what, done] : group) done();
  }

  void write(const message& what) {
    const std::string name = name_of(what.conversation);
    topic& of = topics_[name];
    if (of.id == 0) of.id = static_cast<std::int64_t>(topics_.size());
    ++of.head;
    of.is_changed = true;
    const std::string data = event_data(what, of.head);
    writer_.run(savepoint_);
    bind_text(put_, 1, name);
    sqlite3_bind_int64(put_, 2, of.head);
    const std::string_view rest[] = {what.at, what.id, what.sender, what.text};
    for (int i = 0; i < 4; ++i) bind_text(put_, 3 + i, rest[i]);
    writer_.run(put_);
    sqlite3_bind_int64(log_, 1, of.id);
    sqlite3_bind_int64(log_, 2, of.head);
    bind_text(log_, 3, "message.created");
    bind_text(log_, 4, data);
    bind_text(log_, 5, what.at);
    writer_.run(log_);
    writer_.run(release_);
  }

  // On a thread and a connection of its own, as storage-sqlite does it.
  static int written(void* self, sqlite3*, const char*, int pages) {
    bare& in = *static_cast<bare*>(self);
    if (pages < in.pages_at_last_) in.pages_at_last_ = 0;
    if (pages - in.pages_at_last_ < checkpoint_pages) return SQLITE_OK;
    in.pages_at_last_ = pages;
    in.checkpointer_.loop().post([&in] {
      sqlite3_wal_checkpoint_v2(in.beside_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                nullptr);
    });
    return SQLITE_OK;
  }

  const std::string file_;
  const bool reads_elsewhere_;
  connection writer_{file_,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
                     "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-16384"};
  connection reader_{file_, "PRAGMA query_only=1; PRAGMA cache_size=-16384"};
  connection beside_{file_, "PRAGMA journal_mode=WAL"};
  sqlite3_stmt* begin_ = writer_.prepare("BEGIN IMMEDIATE");
  sqlite3_stmt* commit_ = writer_.prepare("COMMIT");
  sqlite3_stmt* savepoint_ = writer_.prepare("SAVEPOINT one");
  sqlite3_stmt* release_ = writer_.prepare("RELEASE one");
  sqlite3_stmt* put_ = writer_.prepare(put_sql);
  sqlite3_stmt* log_ = writer_.prepare(log_sql);
  sqlite3_stmt* head_ = writer_.prepare(head_sql);
  sqlite3_stmt* newest_ = reader_.prepare(newest_sql);
  std::unordered_map<std::string, topic> topics_;
  std::vector<std::pair<message, task>> asked_;
  int pages_at_last_ = 0;
  env::loop_thread checkpointer_{"checkpointer"}, thread_{"bare"}, other_{"bare-reader"};
};

} // namespace

std::unique_ptr<store> bare_sqlite(const std::string& file, bool reads_elsewhere) {
  return std::make_unique<bare>(file, reads_elsewhere);
}

} // namespace parley::bench
