#pragma once

// For authors: a plugin whose files are saved is a new version at once.

#include "env/folder_watch.hpp"
#include "node/node.hpp"

#include <map>
#include <string>

namespace parley {

class development {
 public:
  // Both outlive it. Watches what runs now.
  development(env::real_loop& on, node& of);
  ~development();

 private:
  void changed(const std::string& plugin);
  void reload(const std::string& plugin);

  env::real_loop& loop_;
  node& node_;
  std::map<std::string, env::timer_id> waiting_; // by plugin: until its files are quiet
  env::folder_watch watch_;
};

} // namespace parley
