#pragma once

// A YAML text as a JSON value that remembers where each node stood, so that every complaint can
// name file, line and column.

#include <boost/json.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace parley::yaml {

struct position {
  int line = 0; // from 1; 0: unknown
  int column = 0;
};

// Printed as `file:line:column: what is wrong; what to write`.
struct problem {
  std::string file;
  position where;
  std::string what;
  std::string instead; // may be empty
};
std::string to_string(const problem& p);

// A name as a part of a JSON Pointer (RFC 6901, section 3).
std::string escape_pointer(std::string_view name);

struct document {
  std::string file;
  boost::json::value root;
  std::map<std::string, position> positions; // by JSON Pointer (RFC 6901), of values
  std::map<std::string, position> keys;      // by JSON Pointer, of the keys of mappings

  position at(std::string_view pointer) const;     // of the value, or of its nearest ancestor
  position at_key(std::string_view pointer) const; // of its key where it has one, or as `at`
};

// For whoever checks a document: problems at their places in it.
class complaints {
 protected:
  complaints(const document& of, std::vector<problem>& to) : source_(of), problems_(to) {}

  void at(std::string_view pointer, std::string what, std::string instead) const;
  void at_key(std::string_view pointer, std::string what, std::string instead) const;

  const document& source_;
  std::vector<problem>& problems_;
};

// Duplicate keys, anchors that recurse and more than one document are problems.
document parse(std::string_view text, std::string file, std::vector<problem>& problems);
document read_file(const std::string& path, std::vector<problem>& problems);

} // namespace parley::yaml
