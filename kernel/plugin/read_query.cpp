#include "plugin/read_query.hpp"

#include <algorithm>
#include <cstdint>

namespace parley::plugin {

namespace json = boost::json;

namespace {
constexpr std::uint32_t range_limit = 1000;

// What every reading in an order has; false where it is none of that.
template <typename Query>
bool read_shared(std::string_view name, const json::value& value, Query& out) {
  if (name == "index" && value.is_string()) {
    out.index = value.get_string();
  } else if (name == "prefix" && value.is_array()) {
    out.prefix = value.get_array();
  } else if (name == "reverse" && value.is_bool()) {
    out.reverse = value.get_bool();
  } else if (name == "may_lag" && value.is_bool()) {
    out.may_lag = value.get_bool();
  } else if (name == "limit" && value.is_int64() && value.get_int64() > 0) {
    out.limit = static_cast<std::uint32_t>(std::min<std::int64_t>(value.get_int64(), range_limit));
  } else {
    return false;
  }
  return true;
}

} // namespace

bool read_query(const json::object& given, storage::query& out) {
  for (const auto& member : given) {
    const std::string_view name = member.key();
    const json::value& value = member.value();
    if (name == "from" || name == "after") {
      out.lower = json::value(value, json::storage_ptr());
      out.lower_exclusive = name == "after";
    } else if (name == "to" || name == "before") {
      out.upper = json::value(value, json::storage_ptr());
      out.upper_exclusive = name == "before";
    } else if (!read_shared(name, value, out)) {
      return false;
    }
  }
  return true;
}

bool read_through(const json::object& given, std::string& by, storage::through_query& out) {
  for (const auto& member : given) {
    const std::string_view name = member.key();
    const json::value& value = member.value();
    if (name == "by" && value.is_string()) {
      by = value.get_string();
    } else if (name == "field" && value.is_string()) {
      out.field = value.get_string();
    } else if (name == "order" && value.is_string()) {
      out.order = value.get_string();
    } else if (name == "beyond" && value.is_array()) {
      out.beyond = value.get_array();
    } else if (!read_shared(name, value, out)) {
      return false;
    }
  }
  return !by.empty() && !out.field.empty() && !out.order.empty();
}

namespace {

bool read_within(const json::object& given, storage::search_ranges& out) {
  const auto* by = given.if_contains("by");
  const auto* from = given.if_contains("from");
  const auto* ranges = given.if_contains("ranges");
  if (given.size() != 3 || by == nullptr || !by->is_string() || from == nullptr ||
      !from->is_string() || ranges == nullptr || !ranges->is_array()) {
    return false;
  }
  out.by = by->get_string();
  out.from = from->get_string();
  for (const json::value& each : ranges->get_array()) {
    const auto* range = each.if_object();
    if (range == nullptr || range->size() != 2) return false;
    const auto* value = range->if_contains("value");
    const auto* least = range->if_contains("from");
    if (value == nullptr || !value->is_string() || least == nullptr || !least->is_int64()) {
      return false;
    }
    out.ranges.emplace_back(value->get_string(), least->get_int64());
  }
  return true;
}

} // namespace

bool read_search(const json::object& given, storage::search_query& out) {
  const auto is_count = [](const json::value& from) {
    return from.is_int64() && from.get_int64() >= 0 && from.get_int64() <= UINT32_MAX;
  };
  bool has_text = false;
  for (const auto& member : given) {
    const std::string_view name = member.key();
    const json::value& value = member.value();
    if (name == "text" && value.is_string()) {
      out.text = value.get_string();
      has_text = true;
    } else if (name == "unfinished" && value.is_bool()) {
      out.unfinished = value.get_bool();
    } else if (name == "may_lag" && value.is_bool()) {
      out.may_lag = value.get_bool();
    } else if (name == "where" && value.is_object()) {
      out.where = json::object(value.get_object(), json::storage_ptr());
    } else if (name == "within" && value.is_object()) {
      if (!read_within(value.get_object(), out.within.emplace())) return false;
    } else if (name == "limit" && is_count(value)) {
      out.limit = static_cast<std::uint32_t>(value.get_int64());
    } else if (name == "skip" && is_count(value)) {
      out.skip = static_cast<std::uint32_t>(value.get_int64());
    } else {
      return false;
    }
  }
  return has_text;
}

} // namespace parley::plugin
