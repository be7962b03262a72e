#include "lua/testing/one_method.hpp"

#include <parley/draft/http_route.h>

namespace parley::lua {
namespace {

using testing::fake_host;
using testing::preamble;
namespace json = boost::json;

fake_host& with_route(fake_host& host, const std::string& code) {
  manifest::route r;
  r.name = "paid";
  host.declared.routes.push_back(r);
  host.load({{"init.lua", preamble + code}});
  return host;
}

TEST(lua_route, gets_the_request_and_gives_the_answer) {
  fake_host host;
  with_route(
      host,
      "function plugin.routes.paid(call, request)\n"
      "if request.body == 'nothing' then return end\n"
      "return {status = 201, headers = {['x-shop'] = request.params.shop}, body = 'ok'} end");
  const json::value request{{"body", "x"}, {"params", {{"shop", "7"}}}};
  EXPECT_EQ(host.call(PARLEY_ROUTE, "paid", request)->result,
            (json::value{{"status", 201}, {"headers", {{"x-shop", "7"}}}, {"body", "ok"}}));
  EXPECT_EQ(host.call(PARLEY_ROUTE, "paid", {{"body", "nothing"}})->status, PARLEY_E_FAILED);
  EXPECT_TRUE(host.has_logged("it must return {status"));
}

TEST(lua_route, one_without_a_handler_is_named) {
  fake_host host;
  with_route(host, "");
  EXPECT_NE(host.why.find("function plugin.routes.paid(call, request)"), std::string::npos);
  fake_host unknown;
  with_route(unknown, "function plugin.routes.piad() end");
  EXPECT_NE(unknown.why.find("did you mean paid?"), std::string::npos);
}

} // namespace
} // namespace parley::lua
