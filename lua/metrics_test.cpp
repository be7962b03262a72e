#include "lua/testing/one_method.hpp"

namespace parley::lua {
namespace {

using testing::one_method;

TEST(lua_metrics, count_set_and_record) {
  one_method host(
      "sent:add(); sent:add(2); open:set(5); open:add(-2); took:record(0.25)\n"
      "plugin.metrics.counter('sent_total', 'Sent.', {kind = 'text'}):add(4)",
      "local sent = plugin.metrics.counter('sent_total', 'Sent.', {kind = 'text'}); "
      "local open = plugin.metrics.gauge('open', 'Open.'); "
      "local took = plugin.metrics.histogram('took', 'Took.', nil, {0.1, 1})");
  EXPECT_EQ(host.run_it().status, PARLEY_OK);
  EXPECT_EQ(host.metrics["sent_total kind=text"], 7);
  EXPECT_EQ(host.metrics["open"], 3);
  EXPECT_EQ(host.metrics["took"], 0.25);
}

TEST(lua_metrics, what_is_wrong_is_said) {
  const auto said = [](const std::string& body, const std::string& what) {
    one_method host("local m = plugin.metrics\n" + body);
    EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED) << body;
    EXPECT_TRUE(host.has_logged(what)) << body;
  };
  said("m.counter('a', 'A.'):add(-1)", "a counter only grows");
  said("m.counter('a', 'A.'):set(1)", "set is for gauges");
  said("m.gauge('a', 'A.'):record(1)", "record is for histograms");
  said("m.histogram('a', 'A.'):record(0/0)", "it is not finite");
  said("m.counter('a', 'A.', {1})", "labels are names with texts");
  said("m.counter('a', 'A.', {a='1', b='1', c='1', d='1', e='1'})", "at most 4 labels");
  said("m.counter('refused', 'A.')", "too many metrics");
}

} // namespace
} // namespace parley::lua
