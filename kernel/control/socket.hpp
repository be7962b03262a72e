#pragma once

// The server's side of the control socket.

#include "env/real_loop.hpp"

#include <boost/json.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace parley::control {

inline constexpr const char* file_name = "control.sock"; // in the server's data directory

using reply = std::function<void(boost::json::object)>; // once, on the loop
using handler = std::function<void(const boost::json::object& asked, reply answer)>; // on the loop

// A member as text; empty where there is none.
std::string text_of(const boost::json::object& in, std::string_view key);

class socket {
 public:
  socket(env::real_loop& on, std::filesystem::path file, handler what);
  ~socket(); // the file goes too
  socket(const socket&) = delete;

  // [on the loop] Makes the file, for this user alone. What went wrong, or an empty text. One that
  // a server left behind is replaced.
  std::string open();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace parley::control
