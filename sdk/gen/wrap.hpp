#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace parley::gen {

// A text in lines of at most so many bytes, broken between words; a longer word has its own line.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

} // namespace parley::gen
