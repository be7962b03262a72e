#pragma once

// What an ELF file says of itself, read without loading it: loading runs its code.

#include <string>
#include <vector>

namespace parley::plugin {

struct library_facts {
  std::string problem;               // why it is no shared library; then the rest is empty
  std::vector<std::string> exported; // symbols that it defines for others
  std::vector<std::string> unique;   // of these, those that keep it in memory (STB_GNU_UNIQUE)
  std::vector<std::string> needed;   // libraries that it is linked to
  bool never_unloads = false;        // linked with -z nodelete
};

library_facts read_library(const std::string& path);

// Why a plugin cannot be entered, as far as its file tells; empty where nothing is wrong.
std::string entry_problem(const library_facts& of, const std::string& path);

} // namespace parley::plugin
