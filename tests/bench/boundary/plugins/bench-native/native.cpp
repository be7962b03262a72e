// Those who step in, as the author of a plugin in C++ writes them.

#include "bench-native.plugin.hpp"

using bench_stage_types::draft;

class bench_native final : public bench_native_plugin {
  task<std::optional<draft>> on_bench_read_by_native(call&, draft d) override {
    if (d.text.empty()) throw error("empty", "A draft has a text.");
    co_return std::nullopt;
  }

  task<std::optional<draft>> on_bench_replaced_by_native(call&, draft d) override {
    d.text += "!";
    co_return d;
  }

  task<void> on_bench_joined_by_native(call&, draft d, batch& b) override {
    const seen_record record(d.conversation, static_cast<std::int64_t>(d.text.size()));
    b.put(record);
    co_return;
  }

  task<void> on_bench_observed_by_native(call&, draft d) override {
    characters_ += d.text.size();
    co_return;
  }

  task<void> ask(call& c, ask_params p) override {
    const bench_stage_types::nothing_params sent("01939c5e-7a10-7cc3-8f11-0242ac120002",
                                                 "01939c5e-7a11-7d25-9c10-0242ac120003",
                                                 "A short text.");
    for (std::int64_t i = 0; i < p.times; ++i) {
      auto calling = bench_stage().nothing(c, sent);
      co_await calling;
    }
  }

  std::size_t characters_ = 0;
};

PARLEY_PLUGIN(bench_native)
