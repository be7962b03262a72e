#include "ctl/authoring.hpp"

namespace parley::ctl {

std::vector<command> authoring_commands() {
  return {
      {{"plugin", "inspect"}, "PATH", "what a plugin asks for, without loading it", inspect},
  };
}

} // namespace parley::ctl
