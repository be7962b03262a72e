#pragma once

// What `parleyctl plugin …` asks of a running server.
//
//   {"do": "plugin.list"}                        → {"plugins": [{name, version, state, …}]}
//   {"do": "plugin.reload", "plugin": "NAME"}    → {"version": "1.2.0"}
//   {"do": "plugin.release", "plugin": "NAME"}   → {"done": ["a sentence", …]}
// Each may answer {"error": "a sentence"} instead.

#include "node/node.hpp"
#include "plugin/quarantine.hpp"

#include <boost/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace parley {

class plugin_commands {
 public:
  // Both outlive it.
  plugin_commands(node& of, const plugin::quarantine& held) : node_(of), quarantine_(held) {}

  // [logic] `answer` is called once.
  using reply = std::function<void(boost::json::object)>;
  void run(const boost::json::object& asked, reply answer);

 private:
  boost::json::object list() const;
  bool has_changed(const std::string& name, const std::string& digest) const;
  void reload(const std::string& name, const reply& answer);
  void release(const std::string& name, const reply& answer);
  void load_next(std::vector<std::string> names, boost::json::array done, const reply& answer);

  node& node_;
  const plugin::quarantine& quarantine_;
};

} // namespace parley
