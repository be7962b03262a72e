#pragma once

// The commands of parleyctl, a file a group.

#include <functional>
#include <string>
#include <vector>

namespace parley::ctl {

using arguments = std::vector<std::string>; // what follows the command's words

struct command {
  std::vector<std::string> words; // plugin reload
  std::string takes;              // NAME CONFIG; [in brackets]: may be left out, the last ones
  std::string what;               // for the usage
  std::function<int(const arguments& given)> run; // gives the exit status; as many as it takes
};

std::vector<command> configuration_commands();
std::vector<command> running_commands();
std::vector<command> job_commands();
std::vector<command> backup_commands();
std::vector<command> person_commands();
std::vector<command> key_commands();
std::vector<command> authoring_commands();
std::vector<command> testing_commands();

} // namespace parley::ctl
