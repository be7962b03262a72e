// parleyctl COMMAND …: what operators and authors of plugins ask.

#include "ctl/commands.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace {

using parley::ctl::arguments;
using parley::ctl::command;

std::vector<command> all_commands() {
  std::vector<command> all;
  for (const auto& group : {parley::ctl::configuration_commands(), parley::ctl::running_commands(),
                            parley::ctl::job_commands(), parley::ctl::person_commands(),
                            parley::ctl::backup_commands(), parley::ctl::key_commands(),
                            parley::ctl::authoring_commands(), parley::ctl::testing_commands()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

std::string written(const command& c) {
  std::string out;
  for (const std::string& word : c.words) out += word + " ";
  return out + c.takes;
}

int usage(const std::vector<command>& all) {
  std::cerr << "usage: parleyctl COMMAND\n";
  for (const command& c : all)
    std::cerr << "  " << std::left << std::setw(38) << written(c) << c.what << '\n';
  return 2;
}

bool takes(const command& c, std::size_t count) {
  std::istringstream words(c.takes);
  std::size_t most = 0, least = 0;
  bool optional = false;
  for (std::string word; words >> word; optional = optional && word.back() != ']') {
    optional = optional || word.front() == '[';
    ++most;
    if (!optional) ++least;
  }
  return count >= least && count <= most;
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> said(argv + 1, argv + argc);
  const std::vector<command> all = all_commands();
  const command* found = nullptr; // the one with the most words
  for (const command& c : all)
    if (said.size() >= c.words.size() && std::equal(c.words.begin(), c.words.end(), said.begin()) &&
        (!found || c.words.size() > found->words.size()))
      found = &c;
  if (!found) return usage(all);
  const arguments given(said.begin() + static_cast<std::ptrdiff_t>(found->words.size()),
                        said.end());
  const auto empty = std::find(given.begin(), given.end(), "");
  if (takes(*found, given.size()) && empty == given.end()) return found->run(given);
  // Such as a variable of a script that is not set.
  if (empty != given.end()) std::cerr << "argument " << empty - given.begin() + 1 << " is empty\n";
  std::cerr << "usage: parleyctl " << written(*found) << '\n';
  return 2;
}
