#pragma once

// From a manifest's resolved schemas to those of a document: with references to named types where
// they were put in place, and without what is ours alone.

#include "manifest.hpp"

#include <boost/json.hpp>

#include <map>
#include <string>

namespace parley::documents {

// Whether an object that names its properties says that it takes no others. The server refuses what
// it does not know; a client passes over it.
enum class openness { open, closed };

class schema_writer {
 public:
  boost::json::object written(const boost::json::object& schema, const manifest::manifest& of,
                              openness how);

  // Every type that was referred to so far, as PLUGIN.TYPE.
  const std::map<std::string, boost::json::object>& types() const { return types_; }

 private:
  const boost::json::object* type_of(const boost::json::object& schema,
                                     const manifest::manifest& of) const;
  boost::json::object reference(const boost::json::object& schema, const boost::json::object& type,
                                const manifest::manifest& of);
  boost::json::object copy(const boost::json::object& schema, const manifest::manifest& of,
                           openness how);
  boost::json::value part(const boost::json::value& written_there, const manifest::manifest& of,
                          openness how);

  std::map<std::string, boost::json::object> types_;
};

} // namespace parley::documents
