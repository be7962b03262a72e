#include "testing/loaded_driver.hpp"

#include <optional>

namespace parley::test {

namespace {
constexpr std::uint32_t start_ms = 10'000;
}

loaded_driver::loaded_driver(env::random& random)
    : calls_(loop_, clock_, random), loader_(services_, parley::plugin::lua_limits{}) {
  services_.logic = &loop_;
  services_.clock = &clock_;
  services_.random = &random;
  services_.pool = &pool_;
  services_.calls = &calls_;
  services_.metrics = &metrics_;
}

std::string loaded_driver::load(parley::plugin::candidate what, const std::filesystem::path& code) {
  services_.code = code;
  const std::string name = what.name;
  std::string why;
  driver_ = loader_.load(std::move(what), &why);
  if (!driver_) return "the driver " + name + " cannot be used: " + why;
  std::optional<std::string> started;
  loader_.start(*driver_, start_ms, [&](const std::string& problem) { started = problem; });
  while (!started) work();
  if (started->empty() && !driver_->driver) return "the plugin " + name + " offers no driver";
  return *started;
}

bool loaded_driver::work() {
  if (loop_.run_until_idle() > 0) return true;
  const auto due = loop_.next_due();
  if (due) loop_.advance(*due);
  return due.has_value();
}

loaded_driver::~loaded_driver() {
  if (!driver_) return;
  bool gone = false;
  loader_.retire(std::move(driver_), start_ms, [&] { gone = true; });
  while (!gone) loop_.advance(std::chrono::milliseconds(1));
}

} // namespace parley::test
