#include "example_value.hpp"

#include "schema.hpp"
#include "schema_parts.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace parley::schema {
namespace json = boost::json;

namespace {

bool admits(const json::object& schema, const json::value& value) {
  std::vector<breach> faults;
  const auto checked = validator::compile(schema, faults);
  return faults.empty() && checked.check(value).empty();
}

// Nobody reads more; and what a manifest asks for must not fill the memory.
constexpr std::size_t most_values = 1'000;
constexpr std::size_t most_characters = 1'000;

class maker {
 public:
  std::optional<json::value> value(const json::object& schema) {
    auto out = chosen(schema);
    if (!out || !admits(schema, *out)) return std::nullopt;
    return out;
  }

 private:
  std::optional<json::value> chosen(const json::object& schema) {
    const auto first_of = [&](std::string_view key) -> const json::value* {
      const auto* all = schema.if_contains(key);
      const auto* list = all ? all->if_array() : nullptr;
      return list && !list->empty() ? &list->front() : nullptr;
    };
    if (const auto* given = first_of("examples")) return *given;
    if (const auto* usual = schema.if_contains("default")) return *usual;
    if (const auto* only = schema.if_contains("const")) return *only;
    if (const auto* one = first_of("enum")) return *one;
    const auto* choice = first_of("oneOf");
    if (choice && choice->is_object()) return value(choice->get_object());
    return made(schema);
  }

  std::optional<json::value> made(const json::object& schema) {
    if (++values_ > most_values) return std::nullopt;
    const std::string type = text_in(schema, "type");
    if (type == "string") return text(schema);
    if (type == "boolean") return true;
    if (type == "integer" || type == "number") {
      const auto* least = schema.if_contains("minimum");
      return !least || admits(schema, 1) ? json::value(1) : *least;
    }
    if (type == "array") return array(schema);
    if (type == "object") return object(schema);
    return json::value(nullptr);
  }

  static std::optional<json::value> text(const json::object& schema) {
    for (const char* each :
         {"Hello", "2026-01-31T12:00:00.000Z", "0191f3a0-1c2d-7e4f-8a5b-6c7d8e9f0a1b", "👍",
          "ada@example.org", "/"}) {
      // What looks like an id is given one.
      if (schema.contains("pattern") && std::string_view(each) == "Hello") continue;
      if (admits(schema, each)) return json::value(each);
    }
    const auto* least = schema.if_contains("minLength");
    const std::int64_t length = least && least->is_int64() ? least->get_int64() : 1;
    if (length < 0 || length > static_cast<std::int64_t>(most_characters)) return std::nullopt;
    return json::value(std::string(static_cast<std::size_t>(length), 'x'));
  }

  std::optional<json::value> array(const json::object& schema) {
    const std::size_t before = values_;
    const auto item = value(object_in(schema, "items"));
    if (!item) return json::value(json::array{});
    const auto* least = schema.if_contains("minItems");
    const std::int64_t count = least && least->is_int64() ? least->get_int64() : 1;
    const std::size_t each = std::max<std::size_t>(values_ - before, 1);
    if (count > static_cast<std::int64_t>(most_values)) return std::nullopt;
    const auto many = static_cast<std::size_t>(std::max<std::int64_t>(count, 1));
    values_ = before + each * many;
    if (values_ > most_values) return std::nullopt;
    return json::value(json::array(many, *item));
  }

  std::optional<json::value> object(const json::object& schema) {
    json::object out;
    for (const property& each : properties_of(schema)) {
      if (!each.required) continue;
      auto one = value(each.schema);
      if (!one) return std::nullopt;
      out[each.name] = *std::move(one);
    }
    return json::value(std::move(out));
  }

  std::size_t values_ = 0; // made so far
};

} // namespace

std::optional<json::value> example_value(const json::object& schema) {
  return maker().value(schema);
}

} // namespace parley::schema
