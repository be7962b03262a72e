// What storing costs, against a bare program on the same schema, in one run.
//   parley-bench-storage --driver storage-sqlite|storage-postgres --plugins FOLDER --folder FOLDER
//                        [--url URL] [--rows 1000000] [--rounds 3] [--json FILE]
//                        [--only appends|reads|history|search]

#include "bare_postgres.hpp"
#include "bare_sqlite.hpp"
#include "engine_store.hpp"
#include "load.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <stdexcept>

namespace {

using namespace parley::bench;
namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::uint32_t conversations = 100, readers = 16, many = 400;
constexpr std::uint64_t few_rows = 10'000;

struct options {
  place at;
  std::uint64_t rows = 1'000'000;
  std::size_t rounds = 3;
  std::string json_file;
  std::string only; // empty: all

  bool wants(std::string_view part) const { return only.empty() || only == part; }
};

options read_options(int count, char** words) {
  std::map<std::string, std::string> given{
      {"--driver", "storage-sqlite"}, {"--plugins", ""}, {"--folder", ""}, {"--url", ""},
      {"--rows", "1000000"},          {"--rounds", "3"}, {"--json", ""},   {"--only", ""}};
  for (int i = 1; i < count; i += 2) {
    const auto known = given.find(words[i]);
    if (known == given.end() || i + 1 == count)
      throw std::runtime_error(std::string("unknown, or without a value: ") + words[i]);
    known->second = words[i + 1];
  }
  options out;
  out.at = {given["--driver"], fs::absolute(given["--plugins"]), fs::absolute(given["--folder"]),
            given["--url"], "bench"};
  out.rows = std::max<std::uint64_t>(std::stoull(given["--rows"]), 2 * few_rows);
  out.rounds = std::stoul(given["--rounds"]);
  out.json_file = given["--json"];
  out.only = given["--only"];
  constexpr std::string_view parts[] = {"", "appends", "reads", "history", "search"};
  if (std::find(std::begin(parts), std::end(parts), out.only) == std::end(parts))
    throw std::runtime_error("--only is one of appends, reads, history, search");
  return out;
}

// ---- what is asked of a store

figures append(store& to, messages& from, std::uint64_t count, std::uint32_t outstanding) {
  return run(to, {count, outstanding},
             [&](std::uint64_t, store::task done) { to.append(from.next(), std::move(done)); });
}

figures read(store& from, messages& some, std::uint64_t count, std::uint32_t outstanding) {
  return run(from, {count, outstanding}, [&](std::uint64_t, store::task done) {
    from.newest(some.some_conversation(), std::move(done));
  });
}

figures search(engine_store& in, messages& some, std::uint64_t count, std::uint32_t words) {
  return run(in, {count, 1}, [&](std::uint64_t, store::task done) {
    std::string text = some.some_word();
    for (std::uint32_t i = 1; i < words; ++i) text += " " + some.some_word();
    in.search(text, std::move(done));
  });
}

// ---- saying it

class report {
 public:
  void ours(const std::string& what, const figures& seen) { line(what, "parley", seen); }
  void bare(const std::string& what, const figures& seen) { line(what, "bare", seen); }
  void both(const std::string& what, const figures& ours, const figures& bare) {
    line(what, "parley", ours);
    line(what, "bare", bare);
    ratio(what + ": rate, of the bare program's", ours.per_second / bare.per_second);
  }
  void ratio(const std::string& what, double value) {
    std::printf("  %-58s %14.2f\n", what.c_str(), value);
    add(what, value);
  }
  void number(const std::string& what, double value) {
    std::printf("  %-58s %14.0f\n", what.c_str(), value);
    add(what, value);
  }
  void write(const std::string& file) const {
    if (!file.empty()) std::ofstream(file) << json::serialize(all_) << '\n';
  }

 private:
  void line(const std::string& what, const char* whose, const figures& seen) {
    std::printf("  %-32s %-7s %9.0f /s   p50 %8.0f us   p99 %8.0f us\n", what.c_str(), whose,
                seen.per_second, seen.p50_us, seen.p99_us);
    std::fflush(stdout);
    all_[what + ", " + whose] = {
        {"per_second", seen.per_second}, {"p50_us", seen.p50_us}, {"p99_us", seen.p99_us}};
  }
  void add(const std::string& what, double value) {
    std::fflush(stdout);
    all_[what] = value;
  }
  json::object all_;
};

// ---- the stores

class stores {
 public:
  explicit stores(options with) : with_(std::move(with)) {}

  // A new one, whose tables the driver has made.
  place made(bool is_searched) {
    place out = with_.at;
    const std::string name = "bench_" + std::to_string(++count_);
    out.folder = with_.at.folder + "/" + name;
    out.schema = name;
    fs::create_directories(out.folder);
    engine_store(out, is_searched);
    return out;
  }
  std::unique_ptr<store> bare(const place& at) const {
    return at.url.empty() ? bare_sqlite(file(at)) : bare_postgres(at.url, at.schema);
  }
  std::unique_ptr<store> bare_with_reader(const place& at) const {
    return bare_sqlite(file(at), true);
  }
  bool is_sqlite() const { return with_.at.url.empty(); }
  // So far, by this process or by PostgreSQL.
  double written_bytes() const {
    if (!is_sqlite()) return asked(with_.at.url, "SELECT wal_bytes FROM pg_stat_wal");
    std::ifstream counters("/proc/self/io");
    std::string name;
    double value = 0;
    while (counters >> name >> value)
      if (name == "write_bytes:") return value;
    return 0;
  }
  double stored_bytes(const place& at) const {
    if (!is_sqlite()) return asked(at.url, "SELECT pg_database_size(current_database())");
    return static_cast<double>(fs::file_size(file(at)));
  }

 private:
  static std::string file(const place& at) { return at.folder + "/parley.db"; }
  options with_;
  int count_ = 0;
};

void compare_appends(stores& in, const options& with, report& to, const std::string& what,
                     std::uint64_t count, std::uint32_t outstanding) {
  std::vector<figures> ours, bare;
  for (std::size_t round = 0; round < with.rounds; ++round) {
    messages same(conversations, 1), again(conversations, 1);
    {
      engine_store mine(in.made(false), false);
      append(mine, same, count / 10, outstanding);
      ours.push_back(append(mine, same, count, outstanding));
    }
    const auto theirs = in.bare(in.made(false));
    append(*theirs, again, count / 10, outstanding);
    bare.push_back(append(*theirs, again, count, outstanding));
  }
  to.both(what, middle(ours), middle(bare));
}

void compare_reads(stores& in, const options& with, report& to) {
  constexpr std::uint64_t stored = 100'000, count = 5'000;
  const place at = in.made(false);
  messages some(conversations, 2);
  append(*std::make_unique<engine_store>(at, false), some, stored, many);
  for (const std::uint32_t outstanding : {1U, readers}) {
    std::vector<figures> ours, bare;
    for (std::size_t round = 0; round < with.rounds; ++round) {
      {
        engine_store mine(at, false);
        read(mine, some, count / 10, outstanding);
        ours.push_back(read(mine, some, count, outstanding));
      }
      const auto theirs = in.bare(at);
      read(*theirs, some, count / 10, outstanding);
      bare.push_back(read(*theirs, some, count, outstanding));
    }
    to.both("newest 50, " + std::to_string(outstanding) + " at once", middle(ours), middle(bare));
  }
  if (!in.is_sqlite()) return; // libpq waits for another process anyway
  std::vector<figures> elsewhere;
  for (std::size_t round = 0; round < with.rounds; ++round) {
    const auto theirs = in.bare_with_reader(at);
    read(*theirs, some, count / 10, 1);
    elsewhere.push_back(read(*theirs, some, count, 1));
  }
  to.bare("newest 50, 1 at once, by a reader", middle(elsewhere));
}

// The more is stored, the more it costs?
void compare_history(stores& in, const options& with, report& to) {
  constexpr std::uint64_t appended = 20'000, reads = 5'000;
  const place at = in.made(false);
  messages some(conversations, 3);
  engine_store mine(at, false);
  append(mine, some, few_rows, many);
  std::vector<figures> appends, ranges;
  const auto measure = [&](std::uint64_t rows) {
    const std::string told = ", " + std::to_string(rows) + " rows";
    std::vector<figures> one, other;
    for (std::size_t round = 0; round < with.rounds; ++round) {
      other.push_back(read(mine, some, reads, readers));
      one.push_back(append(mine, some, appended / with.rounds, many));
    }
    appends.push_back(middle(one));
    ranges.push_back(middle(other));
    to.ours("appends" + told, appends.back());
    to.ours("newest 50" + told, ranges.back());
  };
  measure(few_rows);
  const double before = in.written_bytes();
  append(mine, some, with.rows - few_rows, many);
  const auto added = static_cast<double>(with.rows - few_rows);
  to.number("bytes written a message", (in.written_bytes() - before) / added);
  to.number("bytes kept a message", in.stored_bytes(at) / static_cast<double>(with.rows));
  measure(with.rows);
  to.ratio("an append costs, times", appends[0].per_second / appends[1].per_second);
  to.ratio("newest 50 cost, times", ranges[0].per_second / ranges[1].per_second);
}

void measure_search(stores& in, const options& with, report& to) {
  const place at = in.made(true);
  messages some(conversations, 4);
  engine_store mine(at, true);
  to.ours("appends with words, " + std::to_string(with.rows) + " rows",
          append(mine, some, with.rows, many));
  to.ours("search, one word", search(mine, some, 500, 1));
  to.ours("search, two words", search(mine, some, 500, 2));
}

void measure(const options& with) {
  report said;
  stores all(with);
  std::printf("%s\n", with.at.driver.c_str());
  if (with.wants("appends")) {
    compare_appends(all, with, said, "append, one by one", 2'000, 1);
    compare_appends(all, with, said, "append, 400 outstanding", 60'000, many);
  }
  if (with.wants("reads")) compare_reads(all, with, said);
  if (with.wants("history")) compare_history(all, with, said);
  if (with.wants("search")) measure_search(all, with, said);
  said.write(with.json_file);
}

} // namespace

int main(int argc, char** argv) {
  try {
    measure(read_options(argc, argv));
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "parley-bench-storage: %s\n", failed.what());
    return 1;
  }
}
