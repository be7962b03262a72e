#include "bare_postgres.hpp"

#include "env/thread.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <map>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace parley::bench {
namespace {

constexpr std::size_t largest_group = 512;
constexpr const char* writer_setup =
    "SET plan_cache_mode=force_generic_plan; SET enable_seqscan=off; SET enable_hashjoin=off;"
    "SET enable_mergejoin=off; SET enable_bitmapscan=off; SET jit=off; SET synchronous_commit=on;";

constexpr const char* mark_sql =
    "INSERT INTO nodes(id, last_group) VALUES($1, $2::bigint) ON CONFLICT (id)"
    " DO UPDATE SET last_group = excluded.last_group, last_at = now()";
constexpr const char* make_sql =
    "INSERT INTO topics(name, head) SELECT u.name, 0 FROM unnest($1::text[]) AS u(name)"
    " WHERE (SELECT t.id FROM topics AS t WHERE t.name = u.name) IS NULL"
    " ON CONFLICT (name) DO NOTHING";
constexpr const char* lock_sql =
    "SELECT t.name, t.id, t.head"
    " FROM (SELECT * FROM unnest($1::text[]) AS u(name) ORDER BY u.name COLLATE \"C\") AS u,"
    " LATERAL (SELECT * FROM topics AS t WHERE t.name = u.name FOR UPDATE) AS t";
constexpr const char* heads_sql =
    "UPDATE topics AS t SET head = u.head FROM"
    " (SELECT u.head, o.ctid AS place FROM unnest($1::bigint[], $2::bigint[]) AS u(id, head),"
    "  LATERAL (SELECT o.ctid FROM topics AS o WHERE o.id = u.id OFFSET 0) AS o) AS u"
    " WHERE t.ctid = u.place";
constexpr const char* load_sql =
    "SELECT t.* FROM (SELECT * FROM unnest($1::text[], $2::bigint[]) AS u(c0, c1) ORDER BY c0, c1)"
    " AS u, LATERAL (SELECT * FROM \"bench.messages\" AS t WHERE t.conversation = u.c0"
    " AND t.seq = u.c1 FOR UPDATE) AS t";
constexpr const char* put_sql =
    "INSERT INTO \"bench.messages\"(conversation, seq, at, id, sender, text) SELECT * FROM"
    " unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])";
constexpr const char* log_sql =
    "INSERT INTO log(topic, number, event, data, at) SELECT * FROM"
    " unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[])";
constexpr const char* newest_sql =
    "SELECT conversation, seq, at, id, sender, text FROM \"bench.messages\""
    " WHERE conversation = $1 ORDER BY conversation DESC, seq DESC LIMIT 50";

using rows = std::unique_ptr<PGresult, decltype(&PQclear)>;

struct statement {
  const char* sql;
  std::vector<std::string> with{};
};

// An array as PostgreSQL reads it. What is measured holds no quotes and no backslashes.
class array {
 public:
  void add(std::string_view what) {
    (text_ += text_.size() > 1 ? ",\"" : "\"").append(what) += '"';
  }
  void add(std::int64_t what) { (text_ += text_.size() > 1 ? "," : "") += std::to_string(what); }
  void add_json(std::string_view what) {
    text_ += text_.size() > 1 ? ",\"" : "\"";
    for (const char each : what) (each == '"' ? text_ += '\\' : text_) += each;
    text_ += '"';
  }
  std::string end() { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

class connection {
 public:
  connection(const std::string& url, const std::string& schema) : link_(PQconnectdb(url.c_str())) {
    if (PQstatus(link_) != CONNECTION_OK) fail();
    const std::string setup =
        (schema.empty() ? "" : "SET search_path = \"" + schema + "\";") + writer_setup;
    const rows seen(PQexec(link_, setup.c_str()), PQclear);
    if (PQresultStatus(seen.get()) != PGRES_COMMAND_OK) fail();
    PQenterPipelineMode(link_);
    PQsetnonblocking(link_, 1);
  }
  ~connection() { PQfinish(link_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // All in one pipeline; one result each.
  std::vector<rows> run(std::span<const statement> all) {
    for (const statement& each : all) send(each);
    PQpipelineSync(link_);
    std::vector<rows> out;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      rows seen = next();
      if (waiting_[i]) out.push_back(std::move(seen));
    }
    waiting_.clear();
    next(); // the sync
    return out;
  }

 private:
  [[noreturn]] void fail() const { throw std::runtime_error(PQerrorMessage(link_)); }

  void send(const statement& what) {
    auto [known, is_new] = names_.try_emplace(what.sql, "s" + std::to_string(names_.size()));
    if (is_new) {
      PQsendPrepare(link_, known->second.c_str(), what.sql, 0, nullptr);
      waiting_.push_back(false);
    }
    std::vector<const char*> values;
    for (const std::string& each : what.with) values.push_back(each.c_str());
    if (PQsendQueryPrepared(link_, known->second.c_str(), static_cast<int>(values.size()),
                            values.data(), nullptr, nullptr, 0) != 1)
      fail();
    waiting_.push_back(true);
  }

  // The next result, with the end that follows it.
  rows next() {
    rows out(get(), PQclear);
    const ExecStatusType seen = PQresultStatus(out.get());
    if (seen == PGRES_PIPELINE_SYNC) return out;
    if (seen != PGRES_COMMAND_OK && seen != PGRES_TUPLES_OK) fail();
    rows(get(), PQclear);
    return out;
  }

  PGresult* get() {
    int unsent = PQflush(link_);
    while (PQisBusy(link_) != 0) {
      pollfd what{PQsocket(link_), static_cast<short>(POLLIN | (unsent != 0 ? POLLOUT : 0)), 0};
      ::poll(&what, 1, -1);
      if (PQconsumeInput(link_) != 1) fail();
      unsent = PQflush(link_);
    }
    return PQgetResult(link_);
  }

  PGconn* link_;
  std::map<const char*, std::string> names_;
  std::vector<bool> waiting_; // in order: of a query whose result is wanted
};

class bare final : public store {
 public:
  bare(const std::string& url, const std::string& schema)
      : writer_(url, schema), reader_(url, schema) {
    thread_.start();
  }

  void post(task what) override { thread_.loop().post(std::move(what)); }
  void append(const message& what, task done) override {
    asked_.emplace_back(what, std::move(done));
    if (asked_.size() == 1) post([this] { commit(); });
  }
  void newest(std::uint32_t conversation, task done) override {
    reads_.emplace_back(conversation, std::move(done));
    if (reads_.size() == 1) post([this] { read(); });
  }

 private:
  struct topic {
    std::int64_t id = 0, head = 0;
  };
  using group = std::vector<std::pair<message, task>>;

  void commit() {
    group all;
    all.swap(asked_);
    if (all.size() > largest_group) throw std::runtime_error("too many at once");
    std::map<std::string, topic> topics;
    for (const auto& [what, done] : all) topics.try_emplace(name_of(what.conversation));
    array names;
    for (const auto& [name, of] : topics) names.add(std::string_view(name));
    const std::string these = names.end();
    std::vector<statement> queries = {{"BEGIN ISOLATION LEVEL READ COMMITTED"},
                                      {mark_sql, {"bare", std::to_string(++groups_)}},
                                      {make_sql, {these}},
                                      {lock_sql, {these}}};
    const std::vector<rows> seen = writer_.run(queries);
    for (int i = 0; i < PQntuples(seen[3].get()); ++i)
      topics[PQgetvalue(seen[3].get(), i, 0)] = {std::atoll(PQgetvalue(seen[3].get(), i, 1)),
                                                 std::atoll(PQgetvalue(seen[3].get(), i, 2))};
    queries = writes(all, topics);
    writer_.run(std::span(queries).first(1)); // is there a row already? as the driver asks
    writer_.run(std::span(queries).subspan(1));
    for (const auto& [what, done] : all) done();
  }

  static std::vector<statement> writes(const group& all, std::map<std::string, topic>& topics) {
    array conversations, seqs, ats, ids, senders, texts, in, events, data;
    for (const auto& [what, done] : all) {
      const std::string name = name_of(what.conversation);
      topic& of = topics[name];
      ++of.head;
      conversations.add(std::string_view(name));
      seqs.add(of.head);
      ats.add(std::string_view(what.at));
      ids.add(std::string_view(what.id));
      senders.add(std::string_view(what.sender));
      texts.add(std::string_view(what.text));
      in.add(of.id);
      events.add(std::string_view("message.created"));
      data.add_json(event_data(what, of.head));
    }
    array changed, heads;
    for (const auto& [name, of] : topics) {
      changed.add(of.id);
      heads.add(of.head);
    }
    const std::string keys = conversations.end(), numbers = seqs.end(), at = ats.end();
    return {{load_sql, {keys, numbers}},
            {put_sql, {keys, numbers, at, ids.end(), senders.end(), texts.end()}},
            {heads_sql, {changed.end(), heads.end()}},
            {log_sql, {in.end(), numbers, events.end(), data.end(), at}},
            {"COMMIT"}};
  }

  void read() {
    std::vector<std::pair<std::uint32_t, task>> all;
    all.swap(reads_);
    std::vector<statement> queries;
    for (const auto& [conversation, done] : all)
      queries.push_back({newest_sql, {name_of(conversation)}});
    for (const rows& seen : reader_.run(queries)) {
      std::size_t bytes = 0;
      for (int r = 0; r < PQntuples(seen.get()); ++r)
        for (int c = 0; c < 6; ++c) bytes += std::string_view(PQgetvalue(seen.get(), r, c)).size();
      if (bytes == 0) throw std::runtime_error("there is nothing to read");
    }
    for (const auto& [conversation, done] : all) done();
  }

  connection writer_, reader_;
  std::int64_t groups_ = 0;
  group asked_;
  std::vector<std::pair<std::uint32_t, task>> reads_;
  env::loop_thread thread_{"bare"};
};

} // namespace

std::unique_ptr<store> bare_postgres(const std::string& url, const std::string& schema) {
  return std::make_unique<bare>(url, schema);
}

double asked(const std::string& url, const std::string& sql) {
  connection link(url, "");
  const statement one{sql.c_str()};
  return std::atof(PQgetvalue(link.run(std::span(&one, 1)).front().get(), 0, 0));
}

} // namespace parley::bench
