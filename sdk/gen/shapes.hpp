#pragma once

// The C++ classes that a manifest's schemas become: collected from one manifest into one namespace,
// those that others hold first.

#include "source.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace parley::gen {

struct field {
  std::string name; // in the data
  std::string cpp_name;
  std::string type; // C++, with its namespace, without the optional
  bool required = false;
  std::string initial; // the default as C++, or empty
  bool operator==(const field&) const = default;

  bool has_default() const { return !initial.empty(); }
  std::string declared_type() const; // std::optional<…> where it is neither required nor defaulted
};

struct shape {
  std::string name;
  std::vector<field> fields;
  bool implicit = false;  // its constructor of one argument converts
  std::string collection; // as a record or key of it, or empty
  std::string record;     // keys: the record's class
  bool ephemeral = false; // its collection is
  std::string job;        // whose parameters it is, or empty
  const field* find(std::string_view field_name) const;
};

// "auth-password" → auth_password_types
std::string namespace_of(const manifest::manifest& of);

class shapes {
 public:
  shapes(const source& from, std::vector<yaml::problem>& problems);

  // The C++ type of a schema, with its namespace; classes that it needs are added. `name` is for an
  // object that has no name of its own, `pointer` is where it was declared.
  std::string type_of(const boost::json::object& schema, const std::string& name,
                      const std::string& pointer);
  // A class of that name, also where the object has a name of its own. (Parameters, configuration.)
  shape& class_of(const boost::json::object& schema, const std::string& name,
                  const std::string& pointer);
  // A class of that name, or another name for a declared type; gives it with its namespace.
  std::string parameters_of(const boost::json::object& schema, const std::string& name,
                            const std::string& pointer);
  // Takes a name in the namespace; a second taker is a problem.
  void claim(const std::string& name, const std::string& pointer);
  bool claimed(const std::string& name) const { return claimed_.contains(name); }

  void add_types();
  // The parameters of a job; gives the class with its namespace.
  std::string add_job(const manifest::job& in);
  // The record of a collection and its key. A record with the fields of a declared type is that
  // type.
  void add_collection(const manifest::collection& in);

  const std::vector<shape>& all() const { return all_; }
  const shape* find(const std::string& type) const; // with its namespace, or without
  const std::map<std::string, std::string>& aliases() const { return aliases_; } // name → type
  const source& from() const { return from_; }

  void problem(const std::string& pointer, std::string what, std::string instead);

 private:
  std::vector<field> fields_of(const boost::json::object& schema, const std::string& name,
                               const std::string& pointer);

  // The C++ name of a field of a class; a trailing _ where the plain one would not compile.
  std::string field_name(const std::string& name, const std::string& in) const;

  const source& from_;
  std::vector<yaml::problem>& problems_;
  std::string space_;
  std::vector<shape> all_;
  std::map<std::string, std::string> claimed_; // name → pointer
  std::map<std::string, std::string> aliases_;
};

} // namespace parley::gen
