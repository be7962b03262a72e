#include "dispatch/hook_order.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace parley::dispatch {

hook_order order_hooks(const std::vector<hook_participant>& participants) {
  std::map<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < participants.size(); ++i) by_name[participants[i].plugin] = i;

  std::vector<std::set<std::string>> waits_for(participants.size());
  for (const hook_participant& p : participants) {
    for (const std::string& other : p.after)
      if (by_name.contains(other)) waits_for[by_name[p.plugin]].insert(other);
    for (const std::string& other : p.before)
      if (by_name.contains(other)) waits_for[by_name[other]].insert(p.plugin);
  }

  hook_order result;
  std::set<std::string> placed;
  while (result.order.size() < participants.size()) {
    // by_name is sorted: the first that waits for nobody is the tie's winner
    const auto next = std::find_if(by_name.begin(), by_name.end(), [&](const auto& entry) {
      return !placed.contains(entry.first) &&
             std::includes(placed.begin(), placed.end(), waits_for[entry.second].begin(),
                           waits_for[entry.second].end());
    });
    if (next == by_name.end()) {
      for (const auto& [name, index] : by_name)
        if (!placed.contains(name)) result.cycle.push_back(name);
      return result;
    }
    std::string reason;
    for (const std::string& other : waits_for[next->second])
      reason += (reason.empty() ? "after " : ", ") + other;
    placed.insert(next->first);
    result.order.push_back(next->second);
    result.reasons.push_back(reason.empty() ? "by name" : reason);
  }
  return result;
}

} // namespace parley::dispatch
