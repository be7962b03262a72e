// Fan-out: one sender, many members, every message stored, against a relay that stores nothing.
//   parley-bench-fanout --parleyd PATH --plugins FOLDER --relay relay.mjs [--json FILE] [--rounds
//   3]
//                       [--messages 2000] [--members 200] [--window 32] [--idle 1000] [--port N]
//                       [--commit-delay-us 0]

#include "round.hpp"

#include <boost/json.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

namespace {

using namespace parley::bench;
namespace json = boost::json;

struct options {
  settings where;
  load how;
  std::size_t rounds = 3;
  std::size_t idle = 1000;
  std::string json_file;
};

options read_options(int count, char** words) {
  std::map<std::string, std::string> given{
      {"--rounds", "3"},  {"--messages", "2000"},    {"--members", "200"},
      {"--window", "32"}, {"--idle", "1000"},        {"--port", "0"},
      {"--json", ""},     {"--parleyd", ""},         {"--plugins", ""},
      {"--relay", ""},    {"--commit-delay-us", "0"}};
  for (int i = 1; i < count; i += 2) {
    auto known = given.find(words[i]);
    if (known == given.end() || i + 1 == count)
      throw std::runtime_error(std::string("unknown, or without a value: ") + words[i]);
    known->second = words[i + 1];
  }
  options result;
  result.rounds = std::stoul(given["--rounds"]);
  result.idle = std::stoul(given["--idle"]);
  result.json_file = given["--json"];
  result.how.messages = std::stoul(given["--messages"]);
  result.how.members = std::stoul(given["--members"]);
  result.how.window = std::stoul(given["--window"]);
  result.where.members = result.how.members;
  result.where.parleyd = given["--parleyd"];
  result.where.plugins = std::filesystem::absolute(given["--plugins"]).lexically_normal().string();
  result.where.relay = given["--relay"];
  result.where.commit_delay_us = given["--commit-delay-us"];
  result.where.port = static_cast<std::uint16_t>(std::stoul(given["--port"]));
  if (result.where.port == 0) result.where.port = free_port();
  return result;
}

void allow_many_files() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

double idle_kib(parley_target& parley, std::size_t count) {
  std::vector<std::unique_ptr<web_socket>> sockets;
  std::uint64_t before = parley.server().resident_kib();
  for (std::size_t i = 0; i < count; ++i) sockets.push_back(parley.join(i));
  auto grown = parley.server().resident_kib() - before;
  return static_cast<double>(grown) / static_cast<double>(count);
}

void print_row(const char* name, const figures& f) {
  std::printf("  %-7s %9.0f %14.0f %10.3f %12.3f %9.2f %9.2f %11.3f\n", name,
              static_cast<double>(f.deliveries), f.per_cpu_second(), f.seconds, f.server_cpu_s,
              f.p50_ms, f.p99_ms, f.own_cpu_s);
  std::fflush(stdout);
}

template <typename Get>
double median(const std::vector<figures>& all, Get get) {
  std::vector<double> values;
  for (const auto& one : all) values.push_back(get(one));
  std::sort(values.begin(), values.end());
  std::size_t middle = values.size() / 2;
  return values.size() % 2 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

json::object medians(const std::vector<figures>& all) {
  return {{"deliveries_per_cpu_second", median(all, [](auto& f) { return f.per_cpu_second(); })},
          {"server_cpu_s", median(all, [](auto& f) { return f.server_cpu_s; })},
          {"seconds", median(all, [](auto& f) { return f.seconds; })},
          {"p50_ms", median(all, [](auto& f) { return f.p50_ms; })},
          {"p99_ms", median(all, [](auto& f) { return f.p99_ms; })},
          {"generator_cpu_s", median(all, [](auto& f) { return f.own_cpu_s; })}};
}

int run(const options& what) {
  std::printf(
      "%zu members, one sender, %llu messages of %zu bytes, %llu outstanding; %zu rounds each\n",
      what.how.members, static_cast<unsigned long long>(what.how.messages), what.how.text_bytes,
      static_cast<unsigned long long>(what.how.window), what.rounds);
  parley_target parley(what.where);
  // First of all, while there is no freed memory that the connections could take.
  double per_idle = what.idle == 0 ? 0 : idle_kib(parley, what.idle);
  relay_target relay(what.where);
  std::printf("  %-7s %9s %14s %10s %12s %9s %9s %11s\n", "", "delivered", "per server CPU s",
              "seconds", "server CPU s", "p50 ms", "p99 ms", "own CPU s");
  std::vector<figures> ours, theirs;
  for (std::size_t i = 0; i < what.rounds; ++i) { // A B A B: what disturbs one disturbs both
    ours.push_back(run_round(parley, what.how));
    print_row("parley", ours.back());
    theirs.push_back(run_round(relay, what.how));
    print_row("relay", theirs.back());
  }
  json::object result{{"members", what.how.members},
                      {"messages", what.how.messages},
                      {"window", what.how.window},
                      {"text_bytes", what.how.text_bytes},
                      {"parley", medians(ours)},
                      {"relay", medians(theirs)},
                      {"start_ms", parley.start_ms()},
                      {"resident_at_rest_kib", parley.resident_at_rest_kib()},
                      {"kib_per_idle_connection", per_idle}};
  double ratio = result["parley"].at("deliveries_per_cpu_second").as_double() /
                 result["relay"].at("deliveries_per_cpu_second").as_double();
  result["ratio"] = ratio;
  std::printf(
      "\n  deliveries per server CPU second, medians: parley %.0f, relay %.0f: %.1f times\n",
      result["parley"].at("deliveries_per_cpu_second").as_double(),
      result["relay"].at("deliveries_per_cpu_second").as_double(), ratio);
  std::printf(
      "  parleyd: ready in %.0f ms, %.1f MiB at rest, %.2f KiB per idle connection (of %zu)\n",
      parley.start_ms(), static_cast<double>(parley.resident_at_rest_kib()) / 1024, per_idle,
      what.idle);
  if (!what.json_file.empty()) std::ofstream(what.json_file) << json::serialize(result) << "\n";
  return 0;
}

} // namespace

int main(int count, char** words) {
  // Not in /tmp, which may be memory: a commit must reach a disk.
  std::string directory = std::filesystem::absolute("parley-fanout-XXXXXX").string();
  try {
    options what = read_options(count, words);
    allow_many_files();
    if (!::mkdtemp(directory.data())) throw std::runtime_error("no temporary directory");
    what.where.directory = directory;
    int status = run(what);
    std::filesystem::remove_all(directory);
    return status;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "parley-bench-fanout: %s (logs in %s)\n", e.what(), directory.c_str());
    return 1;
  }
}
