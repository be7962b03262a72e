#pragma once

// SIGTERM and SIGINT end the server; SIGPIPE is nobody's business here.

#include "env/real_loop.hpp"

#include <functional>
#include <memory>

namespace parley {

class signals {
 public:
  // `end` is called on the loop, once for each signal.
  signals(env::real_loop& loop, std::function<void()> end);
  ~signals();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace parley
