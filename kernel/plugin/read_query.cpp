#include "plugin/read_query.hpp"

#include <algorithm>
#include <cstdint>

namespace parley::plugin {

namespace json = boost::json;

namespace {
constexpr std::uint32_t range_limit = 1000;
}

bool read_query(const json::object& given, storage::query& out) {
  for (const auto& member : given) {
    const std::string_view name = member.key();
    const json::value& value = member.value();
    if (name == "index" && value.is_string()) {
      out.index = value.get_string();
    } else if (name == "prefix" && value.is_array()) {
      out.prefix = value.get_array();
    } else if (name == "from" || name == "after") {
      out.lower = json::value(value, json::storage_ptr());
      out.lower_exclusive = name == "after";
    } else if (name == "to" || name == "before") {
      out.upper = json::value(value, json::storage_ptr());
      out.upper_exclusive = name == "before";
    } else if (name == "reverse" && value.is_bool()) {
      out.reverse = value.get_bool();
    } else if (name == "limit" && value.is_int64() && value.get_int64() > 0) {
      out.limit =
          static_cast<std::uint32_t>(std::min<std::int64_t>(value.get_int64(), range_limit));
    } else {
      return false;
    }
  }
  return true;
}

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
    } else if (name == "where" && value.is_object()) {
      out.where = json::object(value.get_object(), json::storage_ptr());
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
