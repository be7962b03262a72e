#include "key_commands.hpp"

namespace parley {

namespace json = boost::json;

bool run_key_command(node& of, const json::object& asked,
                     const std::function<void(json::object)>& answer) {
  const json::value* what = asked.if_contains("do");
  if (!what || *what != "keys.rotate") return false;
  of.rotate_keys([answer](const std::string& why, const std::string& id, std::uint64_t count) {
    answer(why.empty() ? json::object{{"count", count}, {"id", id}} : json::object{{"error", why}});
  });
  return true;
}

} // namespace parley
