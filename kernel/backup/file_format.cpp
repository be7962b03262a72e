#include "backup/file_format.hpp"

namespace parley::backup {

namespace json = boost::json;

namespace {

bool take(const json::object& from, std::string_view name, std::string& to) {
  const json::value* found = from.if_contains(name);
  if (found == nullptr || !found->is_string()) return false;
  to = found->get_string();
  return true;
}

bool take(const json::object& from, std::string_view name, std::uint64_t& to) {
  const json::value* found = from.if_contains(name);
  if (found == nullptr || !found->is_number()) return false;
  boost::system::error_code wrong;
  to = found->to_number<std::uint64_t>(wrong);
  return !wrong;
}

} // namespace

json::object to_json(const header& from) {
  return {{"by", from.by},
          {"server", from.server},
          {"driver", from.driver},
          {"at", from.at},
          {"nonce", from.nonce}};
}

bool from_json(const json::value& from, header& to) {
  const json::object* all = from.if_object();
  return all != nullptr && take(*all, "by", to.by) && take(*all, "server", to.server) &&
         take(*all, "driver", to.driver) && take(*all, "at", to.at) &&
         take(*all, "nonce", to.nonce);
}

json::object to_json(const counts& from) {
  json::object rows;
  for (const auto& [name, count] : from.rows) rows[name] = count;
  return {{"rows", std::move(rows)},
          {"topics", from.topics},
          {"events", from.events},
          {"digest", from.digest}};
}

bool from_json(const json::value& from, counts& to) {
  const json::object* all = from.if_object();
  if (all == nullptr) return false;
  const json::value* rows = all->if_contains("rows");
  if (rows == nullptr || !rows->is_object()) return false;
  for (const auto& each : rows->get_object())
    if (!take(rows->get_object(), each.key(), to.rows[std::string(each.key())])) return false;
  return take(*all, "topics", to.topics) && take(*all, "events", to.events) &&
         take(*all, "digest", to.digest);
}

} // namespace parley::backup
