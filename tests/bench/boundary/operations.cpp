#include "operations.hpp"

namespace parley::bench {

namespace json = boost::json;

namespace {

constexpr std::int64_t times = 16; // small beside a request, and its values are few

json::object draft() {
  return {{"conversation", "01939c5e-7a10-7cc3-8f11-0242ac120002"},
          {"author", "01939c5e-7a11-7d25-9c10-0242ac120003"},
          {"text", "A short text."}};
}

json::object wide() {
  json::object out;
  for (const char* name : {"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"}) out[name] = "some text";
  for (const char* name : {"n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"}) out[name] = 12345;
  out["yes"] = true;
  out["no"] = false;
  out["half"] = 0.5;
  out["third"] = 0.25;
  return out;
}

json::object list() {
  return {{"items", json::array(100, json::value("an item of a list"))}};
}

operation running(const char* name, const char* method, const char* key, const char* value) {
  return {name, method, {{key, value}, {"times", times}}, times};
}

} // namespace

// table.mjs takes one from another by these names.
std::vector<operation> operations() {
  return {
      {"request to C++, which does nothing", "stage.nothing", draft()},
      {"request to Lua, which does nothing", "scripted.nothing", draft()},
      running("filter without participants", "stage.filter", "hook", "nobody"),
      running("filter in C, passes", "stage.filter", "hook", "passed_by_c"),
      running("filter in C, reads one field", "stage.filter", "hook", "read_by_c"),
      running("filter in C++, reads one field", "stage.filter", "hook", "read_by_native"),
      running("filter in C++, replaces", "stage.filter", "hook", "replaced_by_native"),
      running("filter in Lua, passes", "stage.filter", "hook", "passed_by_lua"),
      running("filter in Lua, reads one field", "stage.filter", "hook", "read_by_lua"),
      running("filter in Lua, replaces", "stage.filter", "hook", "replaced_by_lua"),
      running("join without participants", "stage.join", "hook", "joined_by_nobody"),
      running("join in C++, puts a record", "stage.join", "hook", "joined_by_native"),
      running("join in Lua, puts a record", "stage.join", "hook", "joined_by_lua"),
      running("observe without participants", "stage.observe", "hook", "observed_by_nobody"),
      running("observe in C++", "stage.observe", "hook", "observed_by_native"),
      running("observe in Lua", "stage.observe", "hook", "observed_by_lua"),
      {"call from C++ to C++", "native.ask", {{"times", times}}, times},
      {"call from Lua to C++", "scripted.call", {{"times", times}}, times},
      running("3 fields in C++, built and read", "stage.round_trip", "type", "draft"),
      running("20 fields in C++, built and read", "stage.round_trip", "type", "wide"),
      running("100 items in C++, built and read", "stage.round_trip", "type", "list"),
      {"3 fields through C++", "stage.echo_draft", draft()},
      {"20 fields through C++", "stage.echo_wide", wide()},
      {"100 items through C++", "stage.echo_list", list()},
      {"3 fields through Lua", "scripted.echo", draft()},
      {"20 fields through Lua", "scripted.echo", wide()},
      {"100 items through Lua", "scripted.echo", list()},
  };
}

} // namespace parley::bench
