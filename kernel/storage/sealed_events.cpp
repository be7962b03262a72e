#include "storage/sealed_events.hpp"

namespace parley::storage {
namespace json = boost::json;
namespace {

json::parse_options as_stored() {
  json::parse_options out;
  out.max_depth = 1001; // one more than a value may have
  return out;
}

// Nothing where it is none.
std::optional<json::object> parsed(std::string_view data) {
  boost::system::error_code fault;
  json::value all = json::parse(data, fault, {}, as_stored());
  if (fault || !all.is_object()) return std::nullopt;
  const json::value* sealed = all.get_object().if_contains(sealed_members);
  if (sealed == nullptr || !sealed->is_object()) return std::nullopt;
  return std::move(all.get_object());
}

problem make_void(std::string_view topic, std::string_view member, log_entry& event) {
  problem out = "topic " + std::string(topic) + ", event " + event.event + ", member " +
                std::string(member) + ": what is stored was tampered with";
  event.event.clear();
  event.data.clear();
  return out;
}

} // namespace

// The engine writes it first.
bool is_sealed_event(std::string_view data) {
  return data.starts_with(R"({"$sealed":{)");
}

void add_keys_of(std::string_view data, std::set<key_id>& out) {
  const auto all = parsed(data);
  if (!all) return;
  for (const auto& member : all->at(sealed_members).get_object()) {
    key_id id{};
    if (member.value().is_string() && read_key_of(member.value().get_string(), id)) out.insert(id);
  }
}

problem open_event(std::string_view topic, log_entry& event, const unsealer& with) {
  auto all = parsed(event.data);
  if (!all) return make_void(topic, sealed_members, event);
  const json::object sealed = all->at(sealed_members).get_object();
  all->erase(sealed_members);
  std::string plain;
  for (const auto& member : sealed) {
    const auto* text = member.value().if_string();
    const sealed_place at(topic, event.event, member.key());
    const opening how = text ? with.open(*text, at, plain) : opening::damaged;
    if (how == opening::erased) continue;
    boost::system::error_code fault;
    json::value value;
    if (how == opening::ok) value = json::parse(plain, fault, {}, as_stored());
    if (how == opening::damaged || fault) return make_void(topic, member.key(), event);
    (*all)[member.key()] = std::move(value);
  }
  event.data = json::serialize(*all);
  return {};
}

} // namespace parley::storage
