// parley.metrics/1 as plugins see it.

#include "parley/metrics.h"

#include "plugin/boards_test.hpp"

#include <thread>

namespace parley::plugin {
namespace {

class metrics_api : public host {
 protected:
  void SetUp() override {
    host::SetUp();
    shared_.most_metrics = 4;
    plugin_ = &add_boards();
  }
  const parley_metrics_api& api_() { return api<parley_metrics_api>(PARLEY_METRICS_INTERFACE); }
  const parley_host* on() { return &plugin_->host.base; }
  parley_status declare(std::int32_t kind, const char* name, parley_metric& out,
                        const char* value = nullptr) {
    const parley_str label = str("kind"), text = str(value ? value : "");
    parley_metric_spec spec{};
    spec.size = sizeof spec;
    spec.kind = kind;
    spec.name = str(name);
    spec.help = str("Of a test.");
    spec.label_count = value ? 1 : 0;
    spec.label_names = &label;
    spec.label_values = &text;
    return api_().declare(on(), &spec, &out);
  }
  bool shows(const std::string& line) const {
    return metrics_.text().find(line + "\n") != std::string::npos;
  }
  loaded_plugin* plugin_ = nullptr;
};

TEST_F(metrics_api, are_shown_by_plugin_and_changed_from_any_thread) {
  parley_metric sent = 0, again = 0, open = 0, took = 0;
  ASSERT_EQ(declare(PARLEY_COUNTER, "sent_total", sent, "text"), PARLEY_OK);
  ASSERT_EQ(declare(PARLEY_COUNTER, "sent_total", again, "text"), PARLEY_OK);
  EXPECT_EQ(sent, again);
  ASSERT_EQ(declare(PARLEY_GAUGE, "open", open), PARLEY_OK);
  ASSERT_EQ(declare(PARLEY_HISTOGRAM, "took", took), PARLEY_OK);
  std::thread other([&] {
    EXPECT_EQ(api_().add(on(), sent, 3), PARLEY_OK);
    EXPECT_EQ(api_().set(on(), open, 7), PARLEY_OK);
    EXPECT_EQ(api_().add(on(), open, -2), PARLEY_OK);
    EXPECT_EQ(api_().record(on(), took, 0.2), PARLEY_OK);
  });
  other.join();
  EXPECT_TRUE(shows(R"(plugin_boards_sent_total{kind="text",plugin="boards"} 3)"));
  EXPECT_TRUE(shows(R"(plugin_boards_open{plugin="boards"} 5)"));
  EXPECT_TRUE(shows(R"(plugin_boards_took_bucket{plugin="boards",le="0.25"} 1)"));
}

TEST_F(metrics_api, refuses_what_is_wrong) {
  parley_metric counter = 0, out = 0;
  ASSERT_EQ(declare(PARLEY_COUNTER, "sent_total", counter), PARLEY_OK);
  EXPECT_EQ(declare(PARLEY_COUNTER, "Sent", out), PARLEY_E_INVALID);
  EXPECT_EQ(declare(PARLEY_GAUGE, "sent_total", out), PARLEY_E_INVALID);
  EXPECT_EQ(declare(7, "other", out), PARLEY_E_INVALID);
  EXPECT_EQ(declare(PARLEY_COUNTER, "other", out, "\xff"), PARLEY_E_INVALID);
  EXPECT_EQ(declare(PARLEY_COUNTER, "other", out, std::string(65, 'x').c_str()), PARLEY_E_INVALID);
  EXPECT_EQ(api_().add(on(), counter, -1), PARLEY_E_INVALID);
  EXPECT_EQ(api_().set(on(), counter, 1), PARLEY_E_INVALID);
  EXPECT_EQ(api_().record(on(), counter, 1), PARLEY_E_INVALID);
  EXPECT_EQ(api_().add(on(), 99, 1), PARLEY_E_STALE);
  EXPECT_EQ(api_().add(nullptr, counter, 1), PARLEY_E_INVALID);
}

TEST_F(metrics_api, a_plugin_has_so_many_series) {
  parley_metric out = 0;
  for (const char* value : {"a", "b", "c", "d"})
    EXPECT_EQ(declare(PARLEY_COUNTER, "sent_total", out, value), PARLEY_OK);
  EXPECT_EQ(declare(PARLEY_COUNTER, "sent_total", out, "e"), PARLEY_E_LIMIT);
  EXPECT_EQ(declare(PARLEY_COUNTER, "sent_total", out, "a"), PARLEY_OK);
}

} // namespace
} // namespace parley::plugin
