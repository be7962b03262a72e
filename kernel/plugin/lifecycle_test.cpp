// Upgrades while others are served, over the real loader, store and Lua.

#include "plugin/lifecycle.hpp"

#include "plugin/boards_test.hpp"
#include "plugin/mapping.hpp"

#include <fstream>

namespace parley::plugin {
namespace {

constexpr const char* counting = R"(
local plugin = require "parley".plugin()
function plugin.hooks.note.filter(call, note)
  note.id = note.id .. "%s"
  return note
end
return plugin
)";

std::string in_lua(const std::string& mark) {
  std::string out = counting;
  return out.replace(out.find("%s"), 2, mark);
}

// Everything else about a version is the same.
class upgrades : public host {
 protected:
  void SetUp() override {
    host::SetUp();
    shared_.code = folder_ / "loaded";
    add_boards();
    open();
    bounds_.drain_ms = 2'000;
  }
  void TearDown() override {
    bool over = !lifecycle_;
    if (lifecycle_) lifecycle_->stop([&] { over = true; });
    until([&] { return over; });
    host::TearDown();
  }

  lifecycle& running() {
    if (!lifecycle_)
      lifecycle_ = std::make_unique<lifecycle>(
          shared_, *loader_, bounds_,
          lifecycle::node_part{[](loaded_plugin&, const lifecycle::done& then) { then({}); },
                               [] {}});
    return *lifecycle_;
  }
  candidate version(const std::string& number) {
    candidate c;
    c.name = "stamp";
    c.config = json::object{};
    c.declared.name = c.name;
    c.declared.version = number;
    c.declared.dependencies = {{"boards", "^1"}};
    c.declared.hooks.push_back({"note.filter", manifest::hook_kind::filter, true, {}, {}});
    return c;
  }
  candidate lua_version(const std::string& number, const std::string& code) {
    candidate c = version(number);
    c.declared.language = manifest::runtime::lua;
    c.folder = folder_ / "stamp";
    std::filesystem::create_directories(c.folder);
    std::ofstream(std::filesystem::path(c.folder) / "init.lua") << code;
    return c;
  }
  candidate native_version(const std::string& which) {
    candidate c = version("1.0.0");
    c.library = std::string(PARLEY_STAMPS "/parley-stamp-") + which + ".so";
    return c;
  }
  // What is wrong, or an empty text.
  std::string upgrade(candidate to) {
    std::string why = "never";
    running().upgrade(std::move(to), [&](std::string said) { why = std::move(said); });
    until([&] { return why != "never"; });
    return why;
  }
  // The id under which a note came to be stored.
  std::string posted() {
    const std::string id = "n" + std::to_string(++notes_);
    EXPECT_FALSE(call("boards.post", note(id.c_str())).failure);
    const json::value event = json::parse(clients_.published.back());
    const std::string stored(event.at("data").at("id").as_string());
    EXPECT_TRUE(stored.starts_with(id));
    return stored.substr(id.size());
  }
  // A note whose filter calls boards.echo and waits for it: the exchange, and the call of echo.
  std::pair<std::uint64_t, parley_call> post_that_waits() {
    auto waits = std::make_shared<parley_call>(0);
    echo_step = [waits](parley_call c, const json::value&) { *waits = c; };
    const std::uint64_t exchange = send("boards.post", note("n1"));
    until([&] { return *waits != 0; });
    return {exchange, *waits};
  }
  static std::size_t mapped(const std::string& what) {
    std::ifstream maps("/proc/self/maps");
    std::set<std::string> files;
    for (std::string line; std::getline(maps, line);)
      if (line.find(what) != std::string::npos) files.insert(line.substr(line.find('/')));
    return files.size();
  }

  deadlines bounds_;
  std::unique_ptr<lifecycle> lifecycle_;
  int notes_ = 0;
};

TEST_F(upgrades, a_lua_plugin_changes_between_two_calls) {
  EXPECT_EQ(posted(), "");
  EXPECT_EQ(upgrade(lua_version("1.0.0", in_lua("-one"))), "");
  EXPECT_EQ(posted(), "-one");
  EXPECT_EQ(upgrade(lua_version("1.1.0", in_lua("-two"))), "");
  EXPECT_EQ(posted(), "-two");
  EXPECT_EQ(running().find("stamp")->declared.version, "1.1.0");
}

TEST_F(upgrades, a_native_plugin_changes_and_the_old_one_leaves_memory) {
  for (int round = 0; round < 10; ++round) {
    ASSERT_EQ(upgrade(native_version("a")), "");
    EXPECT_EQ(posted(), "-a");
    ASSERT_EQ(upgrade(native_version("b")), "");
    EXPECT_EQ(posted(), "-b");
  }
  until([&] { return running().draining().empty(); });
  EXPECT_EQ(mapped("/loaded/parley-stamp-"), 1u);
  EXPECT_TRUE(loader_->pinned().empty());
}

TEST_F(upgrades, what_stays_in_memory_is_named_with_the_reason) {
  ASSERT_EQ(upgrade(native_version("pinned")), "");
  ASSERT_EQ(upgrade(native_version("a")), "");
  until([&] { return running().draining().empty(); });
  EXPECT_THAT(loader_->pinned(), ElementsAre("stamp 1.0.0: it is linked with -z nodelete"));
}

TEST_F(upgrades, a_version_that_fails_leaves_the_old_one_as_it_is) {
  ASSERT_EQ(upgrade(lua_version("1.0.0", in_lua("-one"))), "");
  EXPECT_THAT(upgrade(lua_version("1.1.0", "local plugin = = 1")), HasSubstr("init.lua:1:"));
  EXPECT_EQ(posted(), "-one");
  EXPECT_EQ(upgrade(lua_version("1.1.0", in_lua("-two"))), "");
  EXPECT_THAT(upgrade(lua_version("1.2.0", R"(
local plugin = require "parley".plugin()
function plugin.hooks.note.filter() end
function plugin.start() error("not today") end
return plugin)")),
              HasSubstr("init.lua:4: not today"));
  EXPECT_EQ(posted(), "-two");
  candidate none = native_version("none");
  EXPECT_THAT(upgrade(none), HasSubstr("cannot be read"));
  EXPECT_EQ(posted(), "-two");
}

TEST_F(upgrades, a_run_that_is_under_way_ends_in_the_old_version) {
  ASSERT_EQ(upgrade(lua_version("1.0.0", R"(
local plugin = require "parley".plugin()
function plugin.hooks.note.filter(call, note)
  plugin.requires.boards.echo(call, { word = "wait" })
  note.id = note.id .. "-old"
  return note
end
return plugin)")),
            "");
  const auto [first, waits] = post_that_waits();
  ASSERT_EQ(upgrade(lua_version("1.1.0", in_lua("-new"))), "");
  EXPECT_EQ(running().draining().size(), 1u);
  finish(waits, json::object{{"word", "go on"}});
  EXPECT_FALSE(answer(first).failure);
  EXPECT_THAT(clients_.published.back(), HasSubstr("n1-old"));
  until([&] { return running().draining().empty(); });
  notes_ = 1;
  EXPECT_EQ(posted(), "-new");
}

manifest::collection marks(std::uint32_t version) {
  manifest::collection out;
  out.name = "marks";
  out.version = version;
  out.key = {"id"};
  out.record = json::parse(R"({"type": "object", "required": ["id", "by"], "properties": {
      "id": {"type": "string"}, "by": {"type": "string"}}})")
                   .as_object();
  if (version == 1) return out;
  out.record["properties"].as_object()["colour"] = {{"type", "string"}, {"default", "red"}};
  return out;
}

// The old version, which knows no colours, reads and writes records after the new one has come.
TEST_F(upgrades, an_old_version_keeps_its_view_of_what_is_stored) {
  candidate old = lua_version("1.0.0", R"(
local plugin = require "parley".plugin()
function plugin.start(call)
  local batch = plugin.batch(call)
  batch:put("marks", { id = "m", by = "start" })
  batch:commit()
end
function plugin.hooks.note.filter(call, note)
  plugin.requires.boards.echo(call, { word = "wait" })
  local mark = plugin.collections.marks:get(call, "m")
  if mark.colour then error("the old version sees a colour") end
  mark.by = "old"
  local batch = plugin.batch(call)
  batch:put("marks", mark)
  batch:put("marks", { id = "n", by = "old" })
  batch:commit()
end
return plugin)");
  old.declared.collections.push_back(marks(1));
  ASSERT_EQ(upgrade(std::move(old)), "");
  parley_call waits = 0;
  echo_step = [&](parley_call c, const json::value&) { waits = c; };
  const std::uint64_t first = send("boards.post", note("n1"));
  until([&] { return waits != 0; });

  candidate next = lua_version("1.1.0", R"(
local plugin = require "parley".plugin()
function plugin.start(call)
  local batch = plugin.batch(call)
  batch:patch("marks", "m", { colour = "blue" })
  batch:commit()
end
function plugin.hooks.note.filter(call, note)
  local m = plugin.collections.marks:get(call, "m")
  local n = plugin.collections.marks:get(call, "n")
  note.id = note.id .. "-" .. m.by .. "-" .. m.colour .. "-" .. n.colour
  return note
end
return plugin)");
  next.declared.collections.push_back(marks(2));
  ASSERT_EQ(upgrade(std::move(next)), "");
  finish(waits, json::object{{"word", "go on"}});
  EXPECT_FALSE(answer(first).failure);
  notes_ = 1;
  EXPECT_EQ(posted(), "-old-blue-red");

  candidate back = lua_version("1.2.0", in_lua("-back"));
  back.declared.collections.push_back(marks(1));
  EXPECT_THAT(upgrade(std::move(back)), HasSubstr("the store holds version 2 of stamp.marks"));
  EXPECT_EQ(posted(), "-old-blue-red");
}

TEST_F(upgrades, what_an_old_version_does_not_end_is_cancelled) {
  bounds_.drain_ms = 50;
  ASSERT_EQ(upgrade(lua_version("1.0.0", R"(
local plugin = require "parley".plugin()
function plugin.hooks.note.filter(call, note)
  plugin.requires.boards.echo(call, { word = "wait" })
end
return plugin)")),
            "");
  const auto [first, waits] = post_that_waits();
  ASSERT_EQ(upgrade(lua_version("1.1.0", in_lua("-new"))), "");
  EXPECT_EQ(answer(first).failure->code, "unavailable");
  until([&] { return running().draining().empty(); });
  EXPECT_EQ(dispatch::calls::find(waits), nullptr);
}

TEST_F(upgrades, several_at_once_wait_for_one_another) {
  std::vector<std::string> order;
  for (const char* mark : {"-one", "-two", "-three"})
    running().upgrade(lua_version("1.0.0", in_lua(mark)),
                      [&, mark](const std::string& why) { order.push_back(mark + why); });
  until([&] { return order.size() == 3; });
  EXPECT_THAT(order, ElementsAre("-one", "-two", "-three"));
}

} // namespace
} // namespace parley::plugin
