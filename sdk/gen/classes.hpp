#pragma once

// Writes the classes of a shape: members, constructors, decode and encode.

#include "shapes.hpp"

#include <string>

namespace parley::gen {

std::string write_class(const shape& what);
// `data_type` is what the event carries; `place_field` the field with its place, or empty.
std::string write_event(const manifest::event& what, const std::string& data_type,
                        const std::string& place_field);
// A comment of one or more lines, or nothing.
std::string write_comment(const std::string& text, const std::string& indent);

} // namespace parley::gen
