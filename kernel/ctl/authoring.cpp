#include "ctl/authoring.hpp"

namespace parley::ctl {

std::vector<command> authoring_commands() {
  return {
      {{"plugin", "new"},
       "NAME [--lang cpp|c|lua]",
       "write a plugin to begin with, in C++ where nothing is said",
       new_plugin},
      {{"plugin", "inspect"}, "PATH", "what a plugin asks for, without loading it", inspect},
      {{"plugin", "verify"}, "PATH", "try a plugin as a careful reviewer would", verify},
  };
}

} // namespace parley::ctl
