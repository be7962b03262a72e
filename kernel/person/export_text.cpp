#include "person/export_text.hpp"

namespace parley::person {
namespace json = boost::json;
namespace {

std::string line(std::string_view text, bool is_first) {
  return (is_first ? "\n" : ",\n") + std::string(text);
}

} // namespace

std::string export_head(const request& of) {
  const std::string open = json::serialize(
      json::object{{"form", "parley.person/1"}, {"account", of.account}, {"at", of.begun_at}});
  return open.substr(0, open.size() - 1) + ",\n\"records\":[";
}

std::string export_between() {
  return "\n],\n\"events\":[";
}

std::string export_record(std::string_view collection, const json::object& record, bool is_first) {
  return line("{\"collection\":" + json::serialize(json::string(collection)) +
                  ",\"record\":" + json::serialize(record) + "}",
              is_first);
}

// Its data is JSON already.
std::string export_event(std::string_view topic, const storage::log_entry& event, bool is_first) {
  return line("{\"topic\":" + json::serialize(json::string(topic)) +
                  ",\"number\":" + std::to_string(event.number) +
                  ",\"event\":" + json::serialize(json::string(event.event)) + ",\"at\":" +
                  json::serialize(json::string(event.at)) + ",\"data\":" + event.data + "}",
              is_first);
}

std::string export_tail(const json::array& not_looked_at) {
  return "\n],\n\"not_looked_at\":" + json::serialize(not_looked_at) + "}\n";
}

std::vector<std::string_view> in_pieces(std::string_view text, std::size_t most) {
  std::vector<std::string_view> out;
  while (text.size() > most) {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    if (end == 0) end = most; // no text at all
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  if (!text.empty()) out.push_back(text);
  return out;
}

} // namespace parley::person
