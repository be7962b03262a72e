// Parameters against schemas that use every keyword, as a request's are checked.

#include "schema.hpp"
#include "input.hpp"
#include "net/json_input.hpp"

using namespace parley;

namespace {

constexpr const char* declared = R"({
  "type": "object",
  "required": ["id"],
  "properties": {
    "id": { "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$" },
    "text": { "type": "string", "maxLength": 40 },
    "at": { "type": "string", "format": "date-time" },
    "count": { "type": "integer", "minimum": 1, "maximum": 100, "default": 3 },
    "share": { "type": "number", "minimum": 0, "maximum": 1 },
    "kind": { "type": "string", "enum": ["direct", "group"], "default": "group" },
    "is": { "const": true },
    "names": { "type": "array", "minItems": 1, "maxItems": 5, "items": { "$ref": "#/$defs/name" } },
    "any": {},
    "more": { "type": "object", "additionalProperties": { "type": ["integer", "null"] } },
    "shape": { "oneOf": [
      { "type": "object", "required": ["as"], "properties": { "as": { "const": "circle" }, "r": { "type": "number" } } },
      { "type": "object", "required": ["as"], "properties": { "as": { "const": "square" }, "a": { "type": "integer", "default": 1 } } }
    ] }
  },
  "$defs": { "name": { "type": "string", "minLength": 1 } }
})";

const schema::validator& compiled() {
  static const schema::validator made = [] {
    std::vector<schema::breach> faults;
    auto out = schema::validator::compile(boost::json::parse(declared).as_object(), faults);
    for (const schema::breach& fault : faults) std::fprintf(stderr, "%s\n", fault.what.c_str());
    fuzz::promise(faults.empty(), "the schema is one of ours");
    return out;
  }();
  return made;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boost::json::value given;
  std::string problem;
  if (!net::parse_strict(fuzz::text_of(data, size), {}, given, problem)) return 0;
  schema::breach first;
  const bool accepted = compiled().accepts(given, first);
  fuzz::promise(accepted == compiled().check(given).empty(), "one breach, or none, by both ways");
  fuzz::promise(accepted || !first.what.empty(), "a breach says what is wrong");
  if (!accepted) return 0;
  compiled().add_defaults(given);
  fuzz::promise(compiled().accepts(given, first), "defaults are admitted");
  return 0;
}
