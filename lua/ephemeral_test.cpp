#include "lua/testing/one_method.hpp"

namespace parley::lua {
namespace {

using testing::one_method;
namespace json = boost::json;

class ephemeral_method : public one_method {
 public:
  explicit ephemeral_method(const std::string& body)
      : one_method("local who = plugin.collections.who\n" + body) {
    manifest::collection c;
    c.name = "who";
    c.key = {"room", "account"};
    c.ephemeral = true;
    declared.collections.push_back(c);
    c.name = "notes";
    c.ephemeral = false;
    declared.collections.push_back(c);
  }
};

TEST(lua_ephemeral, reads_and_writes_without_a_batch) {
  ephemeral_method host(
      "assert(who:put(call, {room = 'r', account = 'ann', n = 1}, {ttl_ms = 5000}) == true)\n"
      "assert(who:put(call, {room = 'r', account = 'ann'}, {only_if_absent = true}) == false)\n"
      "assert(who:get(call, 'r', 'ann').n == 1)\n"
      "assert(who:increment(call, {'r', 'ann'}, 'n').n == 2)\n"
      "assert(who:increment(call, {'r', 'bob'}, 'n', 5, {ttl_ms = 70}).n == 5)\n"
      "assert(who:patch(call, {'r', 'ann'}, {mood = 'gay'}, {ttl_ms = 90}).mood == 'gay')\n"
      "assert(#who:range(call, {prefix = {'r'}}).items == 2)\n"
      "assert(who:erase(call, {'r', 'ann'}) == true)\n"
      "assert(who:erase(call, {'r', 'ann'}) == false)\n"
      "local ok, e = pcall(who.patch, who, call, {'r', 'ann'}, {n = 1})\n"
      "return {ok = ok, code = e.code}");
  EXPECT_EQ(host.run_it().result, (json::value{{"ok", false}, {"code", "not_found"}}));
  EXPECT_EQ(host.ttl_ms["who"][R"(["r","ann"])"], 90u);
  EXPECT_EQ(host.ttl_ms["who"][R"(["r","bob"])"], 70u);
}

TEST(lua_ephemeral, names_a_wrong_option) {
  const auto said = [](const std::string& options, const std::string& what) {
    ephemeral_method host("who:put(call, {room = 'r', account = 'ann'}, " + options + ")");
    EXPECT_EQ(host.run_it().status, PARLEY_E_FAILED);
    EXPECT_TRUE(host.has_logged(what)) << options;
    EXPECT_TRUE(host.records["who"].empty());
  };
  said("{ttl = 5}", "there is no option ttl");
  said("{ttl_ms = -1}", "ttl_ms is a whole number of milliseconds above 0");
  said("{ttl_ms = 1.5}", "ttl_ms is a whole number");
  said("{only_if_absent = 1}", "only_if_absent is true or false");
  said("7", "table expected");
}

TEST(lua_ephemeral, stored_collections_are_written_by_batches_only) {
  ephemeral_method host("return {put = plugin.collections.notes.put == nil}");
  EXPECT_EQ(host.run_it().result, (json::value{{"put", true}}));
}

} // namespace
} // namespace parley::lua
