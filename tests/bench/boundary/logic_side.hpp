#pragma once

// A whole logic side without a network, with the plugins of ./plugins in it: loaded by the real
// loader, called as a client's request is. One thread, and time that is either the machine's or
// moves on a little with each request, so that instructions can be counted twice alike.

#include "node/node.hpp"

#include "env/real.hpp"
#include "env/virtual.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace parley::bench {

enum class time_of { machine, counted };

class logic_side {
 public:
  // Where the built plugins are, and those that need no building. Leaves the process where the
  // plugins do not start.
  logic_side(const std::vector<std::filesystem::path>& plugin_path, time_of which);
  ~logic_side();
  logic_side(const logic_side&) = delete;

  // A client's request, until its answer. Leaves the process where it failed.
  void request(const std::string& method, const boost::json::object& params);

 private:
  class no_clients;

  void pump_until(const bool& over);

  env::virtual_clock counted_;
  env::real_clock machine_;
  env::clock& clock_;
  env::seeded_random random_{1};
  env::virtual_loop loop_{counted_};
  env::virtual_workers pool_{loop_};
  observe::metrics metrics_;
  std::filesystem::path folder_;
  config::config config_;
  std::unique_ptr<no_clients> clients_;
  std::unique_ptr<node> node_;
  std::shared_ptr<const dispatch::registry> registry_;
  dispatch::session_ptr who_;
};

} // namespace parley::bench
