#pragma once

// A shared library in this process. It is loaded from a copy: the file of the operator's may be
// written anew while it runs, and the loader takes what it has loaded from a path before for the
// same.

#include "parley/abi.h"

#include <boost/dll/shared_library.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace parley::plugin {

class mapping {
 public:
  // Copies `library` into `folder`, which is made where it is not there; an empty one means to load
  // it where it is. nullptr and *why where it is no plugin.
  static std::unique_ptr<mapping> open(const std::string& library,
                                       const std::filesystem::path& folder, std::string* why);
  ~mapping();
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;

  parley_plugin_entry entry() const;
  // Nothing may return to its code any more. Empty where it is gone from the process' memory,
  // otherwise what keeps it there.
  std::string close();

 private:
  mapping() = default;

  boost::dll::shared_library library_;
  std::string path_; // of what is mapped
  bool is_copy_ = false;
};

// Removes copies that a process left behind which did not end well.
void remove_copies(const std::filesystem::path& folder);

} // namespace parley::plugin
