#pragma once

// Shorthands ("id", "account", a name of /types) and $ref '#/types/…' put in place.

#include <boost/json.hpp>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "yaml_document.hpp"

namespace parley::manifest {

class type_resolver {
 public:
  type_resolver(const yaml::document& source, std::vector<yaml::problem>& problems);

  // The schema at `pointer`, resolved and compiled once to find its faults. An empty schema, which
  // admits anything, where it has faults: they are reported once, not at every use.
  boost::json::object schema(const boost::json::value& written, const std::string& pointer);
  // All of /types.
  std::map<std::string, boost::json::object> types();

 private:
  boost::json::object resolve(const boost::json::value& written, const std::string& pointer,
                              std::size_t depth);
  boost::json::object named(const std::string& name, const std::string& pointer, bool by_ref);
  void resolve_parts(boost::json::object& schema, const std::string& pointer, std::size_t depth);
  const boost::json::object& type(const std::string& name, const std::string& pointer);
  void problem(const std::string& pointer, std::string what, std::string instead);

  const yaml::document& source_;
  std::vector<yaml::problem>& problems_;
  const boost::json::object* written_types_ = nullptr;
  std::map<std::string, boost::json::object> types_;
  std::set<std::string> open_; // types that are being resolved
  std::size_t nodes_ = 0;
};

// Whether a field of type account is anywhere in a resolved schema.
bool mentions_account(const boost::json::value& schema);
bool is_account(const boost::json::value& schema);
// Whether it is the shipped `time`, of which later ones sort later; also under another name.
bool is_time(const boost::json::value& schema);

} // namespace parley::manifest
