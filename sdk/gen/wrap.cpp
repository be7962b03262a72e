#include "wrap.hpp"

#include <sstream>
#include <utility>

namespace parley::gen {

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::istringstream words(text);
  std::string word, line;
  std::vector<std::string> out;
  while (words >> word) {
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      out.push_back(std::exchange(line, {}));
    }
    line += (line.empty() ? "" : " ") + word;
  }
  if (!line.empty()) out.push_back(std::move(line));
  return out;
}

} // namespace parley::gen
