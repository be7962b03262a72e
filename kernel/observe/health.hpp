#pragma once

// Whether the server can serve: named conditions, all of which must hold. /readyz says which do
// not.

#include <map>
#include <mutex>
#include <string>

namespace parley::observe {

class health {
 public:
  // Any thread. `why` is empty while the condition holds.
  void set(const std::string& condition, const std::string& why);
  void forget(const std::string& condition);

  bool is_ready() const;
  std::string text() const; // a line for each condition: `storage: ok`, `storage: opening`

 private:
  mutable std::mutex guard_;
  std::map<std::string, std::string> conditions_;
};

} // namespace parley::observe
