#include "documents.hpp"
#include "error_codes.hpp"
#include "example_value.hpp"
#include "method_text.hpp"
#include "properties.hpp"
#include "schema_parts.hpp"
#include "schema_writer.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace parley::documents {
namespace json = boost::json;

namespace {

constexpr std::string_view json_type = "application/json",
                           problem_type = "application/problem+json"; // RFC 9457

std::string response_name(unsigned status) {
  return "error_" + std::to_string(status);
}

// A path, and the names that its parameters have in it.
struct path_text {
  std::string text;
  std::vector<std::string> parameters;
};

path_text read_path(const std::string& path) {
  path_text out;
  std::size_t from = 0;
  for (std::size_t open; (open = path.find('{', from)) != std::string::npos;) {
    const std::size_t close = path.find('}', open);
    out.parameters.push_back(path.substr(open + 1, close - open - 1));
    out.text += path.substr(from, open - from) + "{}";
    from = close + 1;
  }
  out.text += path.substr(from);
  return out;
}

class writer {
 public:
  writer(const manifests& all, const about& server) : all_(for_clients(all)), server_(server) {
    for (const manifest::manifest* each : all)
      for (const std::string& scheme : each->http_authentication) also_by_.insert(scheme);
  }

  json::object run() {
    for (const manifest::manifest* by : all_) {
      for (const manifest::method& m : by->methods)
        if (is_for_clients(m) && m.http) add(*m.http, method(m, *by));
      for (const manifest::route& r : by->routes) add(r.http, route(r, *by));
    }
    json::object paths;
    for (auto& [shape, item] : paths_) paths[shape_names_.at(shape)] = std::move(item);
    return {{"openapi", "3.1.0"},
            {"info", info_of(all_, server_,
                             "Methods as REST; the same and the events are spoken on a WebSocket, "
                             "which /v1/asyncapi.json describes.")},
            {"servers", json::array{{{"url", "/"}, {"description", "The server that says so."}}}},
            {"tags", tags_of(all_)},
            {"paths", std::move(paths)},
            {"components", components()}};
  }

 private:
  // Two paths that differ by the names of their parameters only are one path of the document: the
  // first has its way, and the others' parameters are called like its.
  void add(const manifest::http_route& at, json::object operation) {
    const path_text path = read_path(at.path);
    const auto& canonical = shape_names_.try_emplace(path.text, at.path).first->second;
    const path_text first = read_path(canonical);
    if (auto* parameters = operation.if_contains("parameters")) {
      for (json::value& each : parameters->as_array()) {
        if (each.at("in") != "path") continue;
        const auto which = std::find(path.parameters.begin(), path.parameters.end(),
                                     std::string(each.at("name").as_string()));
        each.as_object()["name"] =
            first.parameters[static_cast<std::size_t>(which - path.parameters.begin())];
      }
    }
    std::string verb = at.verb;
    std::transform(verb.begin(), verb.end(), verb.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    paths_[path.text][verb] = std::move(operation);
  }

  json::object method(const manifest::method& m, const manifest::manifest& by) {
    json::object out{{"operationId", m.name},
                     {"summary", summary_of(m.name, m.doc)},
                     {"description", description_of(m)},
                     {"tags", json::array{by.name}},
                     {"security", security(m)}};
    add_parameters(out, m, by);
    json::object ok{{"description", m.result.empty() ? "Done." : "The result."}};
    json::object content{{"schema", result_schema(m, by, schemas_)}};
    if (m.result.empty())
      content["example"] = nullptr;
    else
      add_example(content, m.result);
    ok["content"] = {{json_type, std::move(content)}};
    const bool is_kept = m.http->verb == "GET"; // and need not be sent again (RFC 9110, 13.1.2)
    if (is_kept) ok["headers"] = {{"ETag", {{"schema", {{"type", "string"}}}}}};
    json::object responses{{"200", std::move(ok)}};
    if (is_kept) responses["304"] = {{"description", "The client has it: `If-None-Match`."}};
    add_errors(responses, m);
    out["responses"] = std::move(responses);
    return out;
  }

  json::array security(const manifest::method& m) const {
    json::array out;
    if (!m.required) out.push_back(json::object{});
    out.push_back(json::object{{"bearer", json::array{}}});
    for (const std::string& scheme : also_by_) out.push_back(json::object{{scheme, json::array{}}});
    return out;
  }

  // As kernel/net/rest.cpp collects them: from the path; of GET and DELETE plain ones from the
  // query; all others from the body.
  void add_parameters(json::object& to, const manifest::method& m, const manifest::manifest& by) {
    const path_text path = read_path(m.http->path);
    const bool by_query = m.http->verb == "GET" || m.http->verb == "DELETE";
    const auto whole = schema::example_value(m.params);
    const json::object examples =
        whole && whole->is_object() ? whole->get_object() : json::object{};
    json::array parameters;
    json::object body{
        {"type", "object"}, {"required", json::array{}}, {"properties", json::object{}}};
    json::object body_example;
    for (const schema::property& each : schema::properties_of(m.params)) {
      const bool in_path = std::find(path.parameters.begin(), path.parameters.end(), each.name) !=
                           path.parameters.end();
      const auto* example = examples.if_contains(each.name);
      if (in_path || (by_query && !manifest::is_compound(each.schema))) {
        parameters.push_back(parameter(each, in_path, example, by));
        continue;
      }
      body["properties"].get_object()[each.name] =
          schemas_.written(each.schema, by, openness::closed);
      if (each.required && each.name != m.idempotent)
        body["required"].get_array().emplace_back(each.name);
      if (example) body_example[each.name] = *example;
    }
    if (!m.idempotent.empty()) {
      parameters.push_back({{"name", "Idempotency-Key"},
                            {"in", "header"},
                            {"required", false},
                            {"schema", {{"type", "string"}}},
                            {"description", "In place of `" + m.idempotent + "`."}});
    }
    if (!parameters.empty()) to["parameters"] = std::move(parameters);
    if (body.at("properties").get_object().empty()) return;
    const bool needed = !body.at("required").get_array().empty();
    if (!needed) body.erase("required");
    body["additionalProperties"] = false;
    json::object content{{"schema", std::move(body)}};
    if (whole) content["example"] = std::move(body_example);
    to["requestBody"] = {{"required", needed}, {"content", {{json_type, std::move(content)}}}};
  }

  json::object parameter(const schema::property& each, bool in_path, const json::value* example,
                         const manifest::manifest& by) {
    json::object out{{"name", each.name},
                     {"in", in_path ? "path" : "query"},
                     {"required", each.required},
                     {"schema", schemas_.written(each.schema, by, openness::closed)}};
    if (const std::string text = schema::text_in(each.schema, "description"); !text.empty())
      out["description"] = text;
    if (example) out["example"] = *example;
    return out;
  }

  // Those that the method names or that follow from its declaration; `default` stands for the rest,
  // which may always come.
  void add_errors(json::object& responses, const manifest::method& m) {
    std::set<unsigned> statuses{400};
    std::string own, own_code;
    if (m.required) statuses.insert({401, 403});
    if (!m.idempotent.empty()) statuses.insert(status_of("idempotency_conflict"));
    for (const std::string& code : m.errors) {
      if (const unsigned status = status_of(code); status != refused_status)
        statuses.insert(status);
      else
        own += (own.empty() ? "`" : ", `") + (own_code = code) + "`";
    }
    for (const unsigned status : statuses) {
      used_.insert(status);
      responses[std::to_string(status)] = {
          {"$ref", "#/components/responses/" + response_name(status)}};
    }
    if (!own.empty()) {
      responses[std::to_string(refused_status)] =
          error_response("Refused: " + own + ", or what a filter refuses with.", {},
                         error_example(own_code, "Refused"));
    }
    responses["default"] = {{"$ref", "#/components/responses/error"}};
  }

  static json::object error_response(const std::string& description, json::array codes,
                                     json::object example) {
    json::object schema{{"$ref", "#/components/schemas/problem"}};
    if (!codes.empty()) schema["properties"] = {{"code", {{"enum", std::move(codes)}}}};
    json::object content{{"schema", std::move(schema)}, {"example", std::move(example)}};
    return {{"description", description}, {"content", {{problem_type, std::move(content)}}}};
  }

  // The error as it is on the socket, with what RFC 9457 adds.
  static json::object problem() {
    json::object out = protocol_schemas().at("error").as_object();
    json::array& required = out.at("required").as_array();
    json::object& fields = out.at("properties").as_object();
    for (const char* name : {"title", "status", "detail"}) required.emplace_back(name);
    fields["title"] = {{"description", "What HTTP calls the status."}, {"type", "string"}};
    fields["status"] = {{"type", "integer"}};
    fields["detail"] = {{"description", "The same as `message`."}, {"type", "string"}};
    return out;
  }

  static json::object error_example(std::string_view code, std::string_view meaning) {
    const unsigned status = status_of(code);
    std::string sentence(meaning);
    sentence.front() =
        static_cast<char>(std::toupper(static_cast<unsigned char>(sentence.front())));
    const bool temporary = code == "conflict" || status == 429 || status > 500;
    sentence += ".";
    return {{"title", reason_of(status)}, {"status", status},
            {"detail", sentence},         {"code", code},
            {"message", sentence},        {"temporary", temporary}};
  }

  static json::object route(const manifest::route& r, const manifest::manifest& by) {
    json::object out{{"operationId", by.name + "/" + r.name},
                     {"summary", summary_of(by.name + "/" + r.name, r.doc)},
                     {"description", (r.doc.empty() ? "" : r.doc + "\n\n") +
                                         "HTTP as it comes: what is sent and answered is the "
                                         "plugin's own."},
                     {"tags", json::array{by.name}},
                     {"security", json::array{}},
                     {"x-raw", true}};
    json::array parameters;
    for (const std::string& name : read_path(r.http.path).parameters)
      parameters.push_back(
          {{"name", name}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}});
    if (!parameters.empty()) out["parameters"] = std::move(parameters);
    const json::object anything{{"*/*", json::object{}}};
    if (r.http.verb != "GET" && r.http.verb != "DELETE")
      out["requestBody"] = {{"required", false}, {"content", anything}};
    const auto said = [&](const char* what) {
      return json::object{{"description", what}, {"content", anything}};
    };
    out["responses"] = {{"2XX", said("What the plugin answers.")},
                        {"4XX", said("What the plugin, or the server, refuses with.")},
                        {"default", said("What the plugin, or the server, answers.")}};
    return out;
  }

  json::object components() {
    json::object schemas;
    schemas["problem"] = problem();
    for (const auto& [name, schema] : schemas_.types()) schemas[name] = schema;
    json::object by{{"bearer",
                     {{"type", "http"},
                      {"scheme", "bearer"},
                      {"description", "The access token that a log-in gives."}}}};
    for (const std::string& scheme : also_by_) by[scheme] = {{"type", "http"}, {"scheme", scheme}};
    return {{"securitySchemes", std::move(by)},
            {"responses", responses()},
            {"schemas", std::move(schemas)}};
  }

  json::object responses() const {
    json::object out;
    std::map<unsigned, std::vector<const error_code*>> by_status;
    for (const error_code& one : error_codes())
      if (one.status != 0) by_status[one.status].push_back(&one);
    std::string all = "Any error:\n\n";
    for (const auto& [status, codes] : by_status) {
      std::string lines;
      json::array names;
      for (const error_code* one : codes) {
        const std::string line = "`" + std::string(one->code) + "`: " + std::string(one->meaning);
        lines += "- " + line + "\n";
        all += "- " + std::to_string(status) + " " + line + "\n";
        names.emplace_back(one->code);
      }
      if (!used_.contains(status)) continue;
      out[response_name(status)] = error_response(
          lines, std::move(names), error_example(codes.front()->code, codes.front()->meaning));
    }
    all += "- " + std::to_string(refused_status) + " any other: a plugin refuses it\n";
    out["error"] = error_response(all, {}, error_example("internal", "Something went wrong"));
    return out;
  }

  const manifests all_;
  const about& server_;
  schema_writer schemas_;
  std::map<std::string, json::object> paths_;      // by the path without names
  std::map<std::string, std::string> shape_names_; // the path of the document, by the same
  std::set<unsigned> used_;                        // statuses that some method names
  std::set<std::string> also_by_;                  // schemes besides bearer
};

} // namespace

json::object openapi(const manifests& all, const about& server) {
  return writer(all, server).run();
}

std::string to_text(const json::object& document) {
  return json::serialize(document) + "\n";
}

} // namespace parley::documents
