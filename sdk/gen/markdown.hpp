#pragma once

// Pieces of a page in Markdown.

#include "manifest.hpp"

#include <string>
#include <vector>

namespace parley::gen {

std::string code(const std::string& text);
std::string listed(const std::vector<std::string>& all); // each as code; "none" where empty
std::string row(const std::vector<std::string>& cells);  // of a table; | is escaped
std::string table_head(const std::vector<std::string>& cells);
// The type of a schema: `text, 1 to 64`, a link to a type of the page, …
std::string type_text(const boost::json::object& schema, const manifest::manifest& of);
// A table of an object's properties, or a line that says what it is instead.
std::string properties_table(const boost::json::object& schema, const manifest::manifest& of);

} // namespace parley::gen
