#pragma once

// What a resolved schema says, part by part. A part that is not there is empty.

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace parley::schema {

const boost::json::object& object_in(const boost::json::object& in, std::string_view key);
std::string text_in(const boost::json::object& in, std::string_view key);
bool requires_field(const boost::json::object& schema, std::string_view name);

// Its properties, in the order of the manifest.
struct property {
  std::string name;
  const boost::json::object& schema;
  bool required = false;
};
std::vector<property> properties_of(const boost::json::object& schema);

} // namespace parley::schema
