#pragma once

// Tells when files change: Linux' inotify on a loop.

#include "env/real_loop.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace parley::env {

class folder_watch {
 public:
  // `changed` is called on the loop with the name that the folder was added by, once or several
  // times for one change.
  folder_watch(real_loop& on, std::function<void(const std::string& name)> changed);
  ~folder_watch();
  folder_watch(const folder_watch&) = delete;

  // Watches the files in the folder and in those below it. Hidden ones, and folders that hold no
  // part of a program (tests, node_modules), are left out. What went wrong, or an empty text.
  std::string add(const std::string& name, const std::filesystem::path& folder);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace parley::env
