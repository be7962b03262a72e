// The side that runs the hooks: what their owner writes, many times over.

#include "bench-stage.plugin.hpp"

#include <map>

namespace {

using namespace bench_stage_types;

const std::string author = "01939c5e-7a11-7d25-9c10-0242ac120003";
const draft a_draft("01939c5e-7a10-7cc3-8f11-0242ac120002", author,
                    "A message as people write them: neither very short nor very long, about a "
                    "hundred characters.");
const wide a_wide("a", "b", "c", "d", author, author, author, author, 1, 2, 3, 4, 5, 6, 7, 8, true,
                  false, 0.5, 0.25);
const list a_list(std::vector<std::string>(100, "an item of a list"));

// Builds a value in the call, and reads it back.
template <class T>
void build_and_read(const call& c, const T& what, std::int64_t times) {
  for (std::int64_t i = 0; i < times; ++i) {
    parley::decode_as<T>(value(c.host(), parley::to_value(c, what)));
  }
}

} // namespace

class bench_stage final : public bench_stage_plugin {
  task<void> nothing(call&, nothing_params) override { co_return; }
  task<draft> echo_draft(call&, echo_draft_params p) override { co_return p; }
  task<wide> echo_wide(call&, echo_wide_params p) override { co_return p; }
  task<list> echo_list(call&, echo_list_params p) override { co_return p; }

  task<void> round_trip(call& c, round_trip_params p) override {
    if (p.type == "draft") build_and_read(c, a_draft, p.times);
    if (p.type == "wide") build_and_read(c, a_wide, p.times);
    if (p.type == "list") build_and_read(c, a_list, p.times);
    co_return;
  }

  task<void> filter(call& c, filter_params p) override {
    static const std::map<std::string, hook_run<draft> (*)(const arena&, const draft&)> hooks{
        {"nobody", run_bench_nobody},
        {"passed_by_c", run_bench_passed_by_c},
        {"read_by_c", run_bench_read_by_c},
        {"read_by_native", run_bench_read_by_native},
        {"replaced_by_native", run_bench_replaced_by_native},
        {"passed_by_lua", run_bench_passed_by_lua},
        {"read_by_lua", run_bench_read_by_lua},
        {"replaced_by_lua", run_bench_replaced_by_lua},
    };
    const auto run = hooks.at(p.hook);
    for (std::int64_t i = 0; i < p.times; ++i) {
      hook_run<draft> running = run(c, a_draft);
      const draft left = co_await running;
    }
  }

  task<void> join(call& c, join_params p) override {
    static const std::map<std::string, hook_run<void> (*)(const arena&, const draft&, const batch&)>
        hooks{
            {"joined_by_nobody", run_bench_joined_by_nobody},
            {"joined_by_native", run_bench_joined_by_native},
            {"joined_by_lua", run_bench_joined_by_lua},
        };
    const auto run = hooks.at(p.hook);
    const batch b(c);
    for (std::int64_t i = 0; i < p.times; ++i) {
      hook_run<void> running = run(c, a_draft, b);
      co_await running;
    }
  }

  task<void> observe(call& c, observe_params p) override {
    static const std::map<std::string, void (*)(const arena&, const draft&)> hooks{
        {"observed_by_nobody", run_bench_observed_by_nobody},
        {"observed_by_native", run_bench_observed_by_native},
        {"observed_by_lua", run_bench_observed_by_lua},
    };
    const auto run = hooks.at(p.hook);
    for (std::int64_t i = 0; i < p.times; ++i) run(c, a_draft);
    co_return;
  }
};

PARLEY_PLUGIN(bench_stage)
