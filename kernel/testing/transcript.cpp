#include "testing/transcript.hpp"

#include <algorithm>

namespace parley::test {

namespace {
constexpr std::size_t most_lines = 60; // the last ones; what led to a failure is near it
constexpr std::size_t most_of_a_line = 400;
} // namespace

std::string transcript::readable(std::string text) const {
  for (const auto& [id, name] : names_)
    for (std::size_t at = 0; (at = text.find(id, at)) != std::string::npos; at += name.size())
      text.replace(at, id.size(), name);
  return text;
}

std::string transcript::text() const {
  std::string out;
  const std::size_t first = lines_.size() > most_lines ? lines_.size() - most_lines : 0;
  if (first > 0) out += "  … " + std::to_string(first) + " lines before\n";
  for (std::size_t i = first; i < lines_.size(); ++i) {
    std::string line = readable(lines_[i]);
    if (line.size() > most_of_a_line) {
      std::size_t cut = most_of_a_line; // not within a character
      while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xc0) == 0x80) --cut;
      line = line.substr(0, cut) + " …";
    }
    out += "  " + line + "\n";
  }
  return out;
}

std::string transcript::everything(const std::string& sentence) const {
  std::string out = readable(sentence);
  if (!lines_.empty()) out += "\nwhat was said so far:\n" + text();
  return out + (lines_.empty() ? "\n" : "") + "to repeat it: PARLEY_SEED=" + std::to_string(seed_);
}

void transcript::fail(const std::string& sentence, const place& where) const {
  const std::string at = where.text() + ": ";
  throw failure(readable(sentence), everything(at + sentence));
}

} // namespace parley::test
