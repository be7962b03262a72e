#include "ctl/ask.hpp"

#include "config/config.hpp"

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>

namespace parley::ctl {

namespace json = boost::json;

std::optional<std::filesystem::path> data_of(const std::string& file) {
  std::vector<yaml::problem> problems;
  const config::config with = config::load(file, problems);
  for (const auto& p : problems) std::cerr << yaml::to_string(p) << '\n';
  if (!problems.empty()) return std::nullopt;
  return with.server.data;
}

std::optional<json::object> said_by(const control::answer& a) {
  if (!a.said) {
    std::cerr << a.why << '\n';
    return std::nullopt;
  }
  if (const json::value* error = a.said->if_contains("error")) {
    std::cerr << std::string_view(error->as_string()) << '\n';
    return std::nullopt;
  }
  return a.said;
}

void pause() {
  constexpr std::chrono::milliseconds ask_every{200};
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, ask_every);
}

std::string text_of(const json::object& in, std::string_view key) {
  const json::value* value = in.if_contains(key);
  if (!value) return "";
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

} // namespace parley::ctl
