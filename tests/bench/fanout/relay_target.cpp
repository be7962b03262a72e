#include "process.hpp"
#include "target.hpp"

#include <time.h>

#include <stdexcept>
#include <system_error>

namespace parley::bench {

relay_target::relay_target(const settings& with) : port_(free_port()) {
  server_ =
      std::make_unique<process>(std::vector<std::string>{"node", with.relay, std::to_string(port_)},
                                with.directory + "/relay.log");
  timespec pause{0, 10'000'000};
  for (int tries = 0; tries < 1000 && server_->running(); ++tries) {
    try {
      join(0);
      return;
    } catch (const std::system_error&) {
      ::nanosleep(&pause, nullptr);
    }
  }
  throw std::runtime_error("the relay did not start; is node_modules there? (npm ci)");
}

std::unique_ptr<web_socket> relay_target::join(std::size_t) {
  return std::make_unique<web_socket>(port_, "/", "");
}

// As long a frame as Parley's, so that both read as many bytes.
std::string relay_target::call(std::uint64_t number, std::string_view text) {
  std::string frame = "{\"id\":" + std::to_string(number) +
                      ",\"method\":\"messaging.send\",\"params\":{\"conversation\":"
                      "\"01920000-0000-7000-8000-000000000000\",\"id\":"
                      "\"01920000-0000-7000-8000-000000000000\",\"text\":\"";
  frame += text;
  return frame + "\"}}";
}

std::optional<std::string_view> relay_target::delivered(std::string_view frame) const {
  constexpr std::string_view key = "\"text\":\"";
  std::size_t at = frame.find(key);
  if (at == frame.npos) return {};
  return frame.substr(at + key.size());
}

bool relay_target::ends_call(std::string_view) const {
  return true;
}

} // namespace parley::bench
