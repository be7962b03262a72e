// What it costs to cross the line between the kernel and a plugin.
//
//   parley-bench-boundary FOLDER…            nanoseconds, by Google Benchmark (takes its options)
//   parley-bench-boundary --count N [--only NAME] [--counts FILE] FOLDER…
//                                            does each operation N times, for callgrind: see ./dev

#include "logic_side.hpp"
#include "operations.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

using namespace parley::bench;

// callgrind counts from its beginning to its end, and finds it by this name.
extern "C" __attribute__((noinline)) void parley_bench_counted(logic_side& on,
                                                               const operation& what,
                                                               std::int64_t requests) {
  for (std::int64_t i = 0; i < requests; ++i) on.request(what.method, what.params);
}

namespace {

void measure(benchmark::State& state, logic_side& on, const operation& what) {
  while (state.KeepRunningBatch(what.times)) on.request(what.method, what.params);
}

void count(logic_side& on, std::int64_t times, const std::string& only, std::ostream& said) {
  for (const operation& each : operations()) {
    if (!only.empty() && each.name != only) continue;
    const std::int64_t requests = std::max<std::int64_t>(times / each.times, 1);
    for (int i = 0; i < 20; ++i) on.request(each.method, each.params); // what is kept is made
    parley_bench_counted(on, each, requests);
    said << requests * each.times << '\t' << each.name << '\n';
  }
}

} // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv); // takes its own options out
  std::int64_t times = 0;
  std::string only, counts;
  std::vector<std::filesystem::path> folders;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = argument.starts_with("--") && i + 1 < argc;
    if (has_value && argument == "--count")
      times = std::stoll(argv[++i]);
    else if (has_value && argument == "--only")
      only = argv[++i];
    else if (has_value && argument == "--counts")
      counts = argv[++i];
    else
      folders.emplace_back(std::filesystem::absolute(argument));
  }
  logic_side on(folders, times > 0 ? time_of::counted : time_of::machine);
  if (times > 0) {
    std::ofstream file(counts);
    count(on, times, only, counts.empty() ? std::cout : file);
    return 0;
  }
  for (const operation& each : operations())
    benchmark::RegisterBenchmark(
        each.name.c_str(), [&on, each](benchmark::State& state) { measure(state, on, each); });
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
