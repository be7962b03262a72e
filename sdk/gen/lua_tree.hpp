#pragma once

#include <map>
#include <string>

namespace parley::gen {

// Functions by dotted names, as classes within classes: plugin.methods.polls.create.
struct lua_tree {
  std::string type; // of the function here, or empty
  std::string doc;
  std::map<std::string, lua_tree> below;

  void add(const std::string& name, std::string function, std::string function_doc);
  // The class `name` and those that it holds, which come first.
  std::string write(const std::string& name) const;
};

// ---@field name type doc, or nothing for the doc.
std::string lua_field(const std::string& name, const std::string& type,
                      const std::string& doc = {});

} // namespace parley::gen
