#pragma once

// Our subset of JSON Schema 2020-12, compiled once and then used from any thread: type, properties,
// required, additionalProperties, items, minItems, maxItems, minLength, maxLength (in code points),
// pattern (RE2), minimum, maximum, enum, const, format (named ones), default, oneOf (with a
// discriminating const or type only), $ref to the root's $defs (no recursion), and what only
// explains: title, description, examples, $schema, $id, $comment, x-type, x-names. Any other
// keyword is refused when compiling. Objects without additionalProperties refuse what they do not
// name; strings with U+0000 and integers written as 1.0 are refused.

#include <boost/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace parley::schema {

// One breach: where (JSON Pointer), what is wrong, and what to write instead.
struct breach {
  std::string pointer;
  bool at_key = false; // the key itself is at fault (unknown), not its value
  std::string what;
  std::string instead; // with the nearest known key where there is one
};

class validator {
 public:
  validator();
  ~validator();
  validator(validator&&) noexcept;
  validator& operator=(validator&&) noexcept;

  // Compiles; faults of the schema itself come as breaches with pointers into it.
  static validator compile(const boost::json::object& schema, std::vector<breach>& faults);

  // The first breach only: for requests. True where there is none.
  bool accepts(const boost::json::value& value, breach& first) const;
  // All of them: for configuration and manifests.
  std::vector<breach> check(const boost::json::value& value) const;
  // Fills in the defaults of properties that are not there.
  void add_defaults(boost::json::value& value) const;

  struct node; // of the compiled tree; complete inside this library only

 private:
  static void check_defaults(const node& root, const std::string& at, std::vector<breach>& faults);

  std::unique_ptr<const node> root_;
};

// The known word nearest to `word`, or empty where none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& known);

} // namespace parley::schema
