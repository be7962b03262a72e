#pragma once

// The order in which plugins step into one hook point.

#include <string>
#include <vector>

namespace parley::dispatch {

struct hook_participant {
  std::string plugin;
  std::vector<std::string> before, after; // plugins; those that do not take part are ignored
};

struct hook_order {
  std::vector<std::size_t> order;   // indexes of participants
  std::vector<std::string> reasons; // for each place, why it is there
  std::vector<std::string> cycle;   // plugins that wait for one another; empty where there is none
};

// Topological by the constraints, ties by plugin name.
hook_order order_hooks(const std::vector<hook_participant>& participants);

} // namespace parley::dispatch
