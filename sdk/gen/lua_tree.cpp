#include "lua_tree.hpp"

#include "wrap.hpp"

#include <utility>

namespace parley::gen {

void lua_tree::add(const std::string& name, std::string function, std::string function_doc) {
  const auto dot = name.find('.');
  lua_tree& next = below[name.substr(0, dot)];
  if (dot != std::string::npos) {
    return next.add(name.substr(dot + 1), std::move(function), std::move(function_doc));
  }
  next.type = std::move(function);
  next.doc = std::move(function_doc);
}

std::string lua_tree::write(const std::string& name) const {
  std::string inner, fields;
  for (const auto& [part, each] : below) {
    std::string kind = each.type;
    if (!each.below.empty()) {
      inner += each.write(name + "." + part);
      kind = name + "." + part;
    }
    fields += lua_field(part, kind, each.doc);
  }
  // A name that is both called and has others below it.
  const std::string called = type.empty() ? "" : "---@overload " + type + "\n";
  return inner + "---@class " + name + "\n" + called + fields + "\n";
}

std::string lua_field(const std::string& name, const std::string& type, const std::string& doc) {
  std::string text;
  for (const auto& line : wrapped(doc, 100'000)) text += " " + line;
  return "---@field " + name + " " + type + text + "\n";
}

} // namespace parley::gen
