#include "documents.hpp"
#include "example_value.hpp"
#include "method_text.hpp"
#include "schema_parts.hpp"
#include "schema_writer.hpp"

namespace parley::documents {
namespace json = boost::json;

namespace {

constexpr std::string_view example_id = "0191f3a0-1c2d-7e4f-8a5b-6c7d8e9f0a1b";
constexpr std::string_view example_time = "2026-01-31T12:00:00.000Z";

json::object reference(const std::string& to) {
  return {{"$ref", to}};
}
json::object message_reference(const std::string& name) {
  return reference("#/channels/socket/messages/" + name);
}
json::object common_schema(const std::string& name) {
  return reference("#/components/schemas/" + name);
}

class writer {
 public:
  writer(const manifests& all, const about& server) : all_(for_clients(all)), server_(server) {}

  json::object run() {
    for (const auto& [name, frame] : protocol_frames()) add_frame(name, frame.as_object());
    for (const manifest::manifest* by : all_) {
      for (const manifest::method& m : by->methods)
        if (is_for_clients(m)) add_method(m, *by);
      for (const manifest::event& e : by->events) add_event(e, *by);
    }
    json::object schemas = protocol_schemas();
    for (const auto& [name, schema] : schemas_.types()) schemas[name] = schema;
    json::object info = info_of(all_, server_,
                                "One WebSocket carries calls, replies and events: text frames, one "
                                "JSON object each.");
    info["tags"] = tags_of(all_);
    return {{"asyncapi", "3.0.0"},
            {"info", std::move(info)},
            {"defaultContentType", "application/json"},
            {"servers", {{"socket", server()}}},
            {"channels", {{"socket", channel()}}},
            {"operations", std::move(operations_)},
            {"components", {{"messages", std::move(messages_)}, {"schemas", std::move(schemas)}}}};
  }

 private:
  static json::object server() {
    return {{"host", "{host}"},
            {"protocol", "wss"},
            {"description", "By TLS; `ws` where the server listens without."},
            {"variables",
             {{"host", {{"default", "localhost:8080"}, {"description", "Name and port."}}}}}};
  }

  json::object channel() const {
    json::object messages;
    for (const auto& each : messages_)
      messages[each.key()] = reference("#/components/messages/" + std::string(each.key()));
    return {{"address", "/v1/socket"},
            {"title", "parley.v1"},
            {"description",
             "The subprotocol `parley.v1`. The first frame authenticates; a token never goes into "
             "the URL."},
            {"messages", std::move(messages)},
            {"bindings",
             {{"ws",
               {{"method", "GET"},
                {"headers",
                 {{"type", "object"},
                  {"required", json::array{"Sec-WebSocket-Protocol"}},
                  {"properties", {{"Sec-WebSocket-Protocol", {{"const", "parley.v1"}}}}}}}}}}}};
  }

  void add_message(const std::string& name, json::object message, const json::value& example,
                   const json::object& payload) {
    message["name"] = name;
    message["payload"] = payload;
    if (!example.is_null())
      message["examples"] = json::array{{{"name", "example"}, {"payload", example}}};
    messages_[name] = std::move(message);
  }

  void add_operation(const std::string& name, std::string_view action, const json::object& texts,
                     const std::string& message, const std::vector<std::string>& replies) {
    json::object out{{"action", action}, {"channel", reference("#/channels/socket")}};
    for (const auto& each : texts) out[each.key()] = each.value();
    out["messages"] = json::array{message_reference(message)};
    if (!replies.empty()) {
      json::array all;
      for (const std::string& each : replies) all.push_back(message_reference(each));
      out["reply"] = {{"channel", reference("#/channels/socket")}, {"messages", std::move(all)}};
    }
    operations_[name] = std::move(out);
  }

  // The action is the server's: it receives what clients send.
  void add_frame(const std::string& name, const json::object& frame) {
    const std::string full = "frame." + name;
    const std::string summary(frame.at("summary").as_string());
    json::object message{{"title", name}, {"summary", summary}};
    if (frame.contains("answers")) message["correlationId"] = correlation();
    add_message(full, std::move(message), frame.at("example"), frame.at("payload").as_object());
    std::vector<std::string> replies;
    if (const auto* all = frame.if_contains("replies")) {
      for (const json::value& each : all->as_array())
        replies.push_back("frame." + std::string(each.as_string()));
    }
    const bool of_client = frame.at("from") == "client";
    add_operation(full, of_client ? "receive" : "send", {{"title", name}, {"summary", summary}},
                  full, replies);
  }

  static json::object correlation() {
    return {{"description", "A reply has the id of its call."},
            {"location", "$message.payload#/id"}};
  }

  static json::object texts(const std::string& name, const std::string& doc,
                            const std::string& description, const manifest::manifest& by) {
    return {{"title", name},
            {"summary", summary_of(name, doc)},
            {"description", description},
            {"tags", json::array{{{"name", by.name}}}}};
  }

  void add_method(const manifest::method& m, const manifest::manifest& by) {
    const std::string call = "call." + m.name, result = "result." + m.name;
    const json::object said = texts(m.name, m.doc, description_of(m), by);
    json::array required{"id", "method"};
    if (m.params.if_contains("required") && !m.params.at("required").as_array().empty())
      required.emplace_back("params");
    json::object message = said;
    message["correlationId"] = correlation();
    const auto params = schema::example_value(m.params);
    add_message(
        call, message,
        params ? json::value{{"id", 7}, {"method", m.name}, {"params", *params}} : json::value(),
        {{"type", "object"},
         {"required", std::move(required)},
         {"additionalProperties", false},
         {"properties",
          {{"id", common_schema("call_id")},
           {"method", {{"const", m.name}}},
           {"params", schemas_.written(m.params, by, openness::closed)},
           {"deadline_ms", common_schema("deadline")}}}});
    message["title"] = "Result of " + m.name;
    message.erase("description");
    const auto answer = m.result.empty() ? json::value(nullptr) : schema::example_value(m.result);
    add_message(result, std::move(message),
                answer ? json::value{{"id", 7}, {"result", *answer}} : json::value(),
                {{"type", "object"},
                 {"required", json::array{"id", "result"}},
                 {"properties",
                  {{"id", common_schema("call_id")}, {"result", result_schema(m, by, schemas_)}}}});
    add_operation(call, "receive", said, call, {result, "frame.call_error"});
  }

  void add_event(const manifest::event& e, const manifest::manifest& by) {
    const std::string name = "event." + e.name;
    const std::string how =
        (e.doc.empty() ? "" : e.doc + "\n\n") +
        (e.durable
             ? "Durable: it is numbered, kept in the log of its topic, and replayed on `resume`."
             : "Ephemeral: it has no number, and who is not there does not get it.") +
        " Its topic is `" + e.topic + ":ID`.";
    json::object said = texts(e.name, e.doc, how, by);
    json::array required{"topic", "event", "data", "at"};
    json::object properties{
        {"topic", {{"type", "string"}, {"pattern", "^" + e.topic + ":[A-Za-z0-9_-]+$"}}}};
    json::object example{{"topic", e.topic + ":" + std::string(example_id)}};
    if (e.durable) {
      required.emplace_back("seq");
      properties["seq"] = common_schema("number");
      example["seq"] = 12;
    }
    properties["event"] = {{"const", e.name}};
    properties["data"] = schemas_.written(e.data, by, openness::open);
    properties["at"] = common_schema("time");
    const auto data = schema::example_value(e.data);
    example["event"] = e.name;
    if (data) example["data"] = *data;
    example["at"] = example_time;
    json::object message = said;
    message["x-durable"] = e.durable;
    add_message(name, std::move(message), data ? json::value(example) : json::value(),
                {{"type", "object"},
                 {"required", std::move(required)},
                 {"properties", std::move(properties)}});
    add_operation(name, "send", said, name, {});
  }

  const manifests all_;
  const about& server_;
  schema_writer schemas_;
  json::object messages_, operations_;
};

} // namespace

json::object asyncapi(const manifests& all, const about& server) {
  return writer(all, server).run();
}

} // namespace parley::documents
