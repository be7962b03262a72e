#pragma once

// A compiled schema, as a tree. Internal to this folder.

#include <boost/json.hpp>

#include <re2/re2.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema.hpp"
#include "yaml_document.hpp"

namespace parley::schema {

enum kind : unsigned {
  kind_none = 0,
  kind_null = 1,
  kind_boolean = 2,
  kind_integer = 4,
  kind_number = 8, // a schema's "number" is both bits
  kind_string = 16,
  kind_array = 32,
  kind_object = 64,
  kind_any = 127
};

// The bit of one kind, or none where the value is not one of JSON.
unsigned kind_of(const boost::json::value& value);

struct validator::node {
  using pointer = std::unique_ptr<const node>;

  unsigned kinds = kind_any;
  // Objects. Sorted by name, so that a look-up needs neither hash nor allocation.
  std::vector<std::pair<std::string, pointer>> properties;
  std::vector<std::string> required;
  bool closed = false; // refuses properties that it does not name
  pointer additional;  // what the others must be, where it says so
  // Arrays
  pointer items;
  std::size_t min_items = 0;
  std::size_t max_items = std::numeric_limits<std::size_t>::max();
  // Strings
  std::size_t min_length = 0;
  std::size_t max_length = std::numeric_limits<std::size_t>::max();
  std::unique_ptr<const re2::RE2> pattern;
  std::string format;
  // Numbers; a long double holds every 64-bit integer
  std::optional<long double> minimum, maximum;
  // Any
  std::vector<boost::json::value> allowed; // enum, or the one of const
  std::optional<boost::json::value> fallback;
  std::vector<pointer> choices; // oneOf
  std::string discriminator;    // the property whose const tells the choices apart; empty: the type

  const node* find(std::string_view name) const;
  const node* choose(const boost::json::value& value) const; // nullptr: no choice fits
  std::vector<std::string> names() const;
};

// For people: "an integer from 1 to 100", "the string \"x\"".
std::string expectation(const validator::node& wanted);
std::string found(const boost::json::value& value);
std::string written(const boost::json::value& value); // as JSON, shortened
std::size_t code_points(std::string_view text);
using yaml::escape_pointer;

} // namespace parley::schema
