// plugin.metrics: the plugin's own counters, gauges and histograms.

#include "library.hpp"
#include "values.hpp"

#include <array>

namespace parley::lua {
namespace {

constexpr const char* metric_type = "parley.metric";
constexpr std::size_t most_labels = 4;
constexpr std::size_t most_bounds = 32;

struct metric_data {
  std::int32_t kind;
  parley_metric handle;
};

const metric_data& check_metric(lua_State* L, std::int32_t kind, const char* what) {
  const auto& m = *static_cast<metric_data*>(luaL_checkudata(L, 1, metric_type));
  if (m.kind != kind && !(kind == PARLEY_COUNTER && m.kind == PARLEY_GAUGE)) {
    luaL_error(L, "%s is for %s", what,
               kind == PARLEY_HISTOGRAM ? "histograms"
               : kind == PARLEY_GAUGE   ? "gauges"
                                        : "counters and gauges");
  }
  return m;
}

// The labels of the table at `index`, as pairs.
std::uint32_t read_labels(lua_State* L, int index, std::array<parley_str, most_labels>& names,
                          std::array<parley_str, most_labels>& values) {
  if (lua_isnoneornil(L, index)) return 0;
  luaL_checktype(L, index, LUA_TTABLE);
  std::uint32_t count = 0;
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, index,
                  "labels are names with texts");
    luaL_argcheck(L, count < most_labels, index, "there are at most 4 labels");
    names[count] = to_str(check_name(L, -2)); // both stay in the table
    values[count++] = to_str(check_text(L, -1));
  }
  return count;
}

std::uint32_t read_bounds(lua_State* L, int index, std::array<double, most_bounds>& out) {
  if (lua_isnoneornil(L, index)) return 0;
  luaL_checktype(L, index, LUA_TTABLE);
  const lua_Unsigned count = lua_rawlen(L, index);
  luaL_argcheck(L, count <= most_bounds, index, "there are at most 32 bounds");
  for (lua_Unsigned i = 0; i < count; ++i) {
    lua_rawgeti(L, index, static_cast<lua_Integer>(i + 1));
    luaL_argcheck(L, lua_isnumber(L, -1), index, "bounds are numbers");
    out[i] = lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
  return static_cast<std::uint32_t>(count);
}

// plugin.metrics.counter(name, help[, labels]); histogram(name, help[, labels[, bounds]])
template <std::int32_t kind>
int declare(lua_State* L) {
  vm& v = vm::of(L);
  if (v.api.metrics == nullptr) return luaL_error(L, "this server has no metrics for plugins");
  v.charge(L, 1000);
  const std::string_view name = check_name(L, 1);
  std::array<parley_str, most_labels> names{}, values{};
  std::array<double, most_bounds> bounds{};
  parley_metric_spec spec{};
  spec.size = sizeof spec;
  spec.kind = kind;
  spec.name = to_str(name);
  spec.help = to_str(check_text(L, 2));
  spec.label_count = read_labels(L, 3, names, values);
  spec.label_names = names.data();
  spec.label_values = values.data();
  if (kind == PARLEY_HISTOGRAM) spec.bound_count = read_bounds(L, 4, bounds);
  if (spec.bound_count > 0) spec.bounds = bounds.data();
  parley_metric handle = 0;
  const parley_status status = v.api.metrics->declare(v.api.host, &spec, &handle);
  if (status == PARLEY_E_LIMIT) {
    return luaL_error(L, "%s: this plugin has too many metrics already; labels have few values",
                      printable_name(name).c_str());
  }
  if (status != PARLEY_OK) {
    return luaL_error(L, "%s is refused as a metric; the server's log says why",
                      printable_name(name).c_str());
  }
  *static_cast<metric_data*>(lua_newuserdatauv(L, sizeof(metric_data), 0)) = {kind, handle};
  luaL_setmetatable(L, metric_type);
  return 1;
}

int add(lua_State* L) {
  const vm& v = vm::of(L);
  const metric_data& m = check_metric(L, PARLEY_COUNTER, "add");
  const lua_Integer by = luaL_optinteger(L, 2, 1);
  luaL_argcheck(L, by >= 0 || m.kind == PARLEY_GAUGE, 2, "a counter only grows");
  check(L, v.api.metrics->add(v.api.host, m.handle, by), "add");
  return 0;
}

int set(lua_State* L) {
  const vm& v = vm::of(L);
  const metric_data& m = check_metric(L, PARLEY_GAUGE, "set");
  check(L, v.api.metrics->set(v.api.host, m.handle, luaL_checkinteger(L, 2)), "set");
  return 0;
}

int record(lua_State* L) {
  const vm& v = vm::of(L);
  const metric_data& m = check_metric(L, PARLEY_HISTOGRAM, "record");
  const lua_Number value = luaL_checknumber(L, 2);
  luaL_argcheck(L, value - value == 0, 2, "it is not finite");
  check(L, v.api.metrics->record(v.api.host, m.handle, value), "record");
  return 0;
}

} // namespace

void add_metrics(lua_State* L) {
  static constexpr luaL_Reg methods[] = {
      {"add", add}, {"set", set}, {"record", record}, {nullptr, nullptr}};
  make_type(L, metric_type, methods);
  lua_createtable(L, 0, 3);
  for (const auto& [name, function] :
       {std::pair{"counter", &declare<PARLEY_COUNTER>}, std::pair{"gauge", &declare<PARLEY_GAUGE>},
        std::pair{"histogram", &declare<PARLEY_HISTOGRAM>}}) {
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, name);
  }
  lua_setfield(L, -2, "metrics");
}

} // namespace parley::lua
