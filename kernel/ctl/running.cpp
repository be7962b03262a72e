// What is asked of a running server, by the socket in its data directory: plugin list, reload and
// release.

#include "ctl/ask.hpp"
#include "ctl/commands.hpp"
#include "plugin/quarantine.hpp"

#include <iomanip>
#include <iostream>

namespace parley::ctl {

namespace json = boost::json;

namespace {

std::string seconds_of(const json::object& line) {
  const json::value* value = line.if_contains("seconds");
  std::ostringstream out;
  out << std::fixed << std::setprecision(2) << (value ? value->to_number<double>() : 0) << " s";
  return out.str();
}

std::string memory_of(const json::object& line) {
  const json::value* bytes = line.if_contains("memory_bytes");
  if (!bytes) return "";
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << bytes->to_number<double>() / (1 << 20) << " MiB";
  return out.str();
}

void row(const std::vector<std::string>& cells) {
  constexpr int widths[] = {20, 10, 8, 13, 10, 11, 9};
  for (std::size_t i = 0; i < cells.size(); ++i)
    std::cout << std::left << std::setw(i + 1 < cells.size() ? widths[i] : 0) << cells[i];
  std::cout << '\n';
}

int list(const arguments& given) {
  const auto data = data_of(given[0]);
  if (!data) return 2;
  const auto said = said_by(control::ask(*data / control::file_name, {{"do", "plugin.list"}}));
  if (!said) return 1;
  row({"plugin", "version", "runs in", "state", "time", "memory", "restarts", ""});
  for (const json::value& one : said->at("plugins").as_array()) {
    const json::object& line = one.as_object();
    row({text_of(line, "name"), text_of(line, "version"), text_of(line, "language"),
         text_of(line, "state"), seconds_of(line), memory_of(line), text_of(line, "restarts"),
         text_of(line, "why")});
  }
  for (const json::value& sentence : said->at("pinned").as_array())
    std::cout << "parked: " << std::string_view(sentence.as_string()) << '\n';
  return 0;
}

int reload(const arguments& given) {
  const auto data = data_of(given[1]);
  if (!data) return 2;
  const auto said = said_by(
      control::ask(*data / control::file_name, {{"do", "plugin.reload"}, {"plugin", given[0]}}));
  if (!said) return 1;
  std::cout << given[0] << ' ' << text_of(*said, "version") << " runs\n";
  return 0;
}

// The server loads it at once. Without one the word is taken back, which is all that it takes.
int release(const arguments& given) {
  const auto data = data_of(given[1]);
  if (!data) return 2;
  const control::answer a =
      control::ask(*data / control::file_name, {{"do", "plugin.release"}, {"plugin", given[0]}});
  if (a.nobody) {
    if (!plugin::quarantine(*data).release(given[0])) {
      std::cerr << "the plugin " << given[0] << " is not in quarantine\n";
      return 1;
    }
    std::cout << given[0] << " is released: the next start loads it\n";
    return 0;
  }
  const auto said = said_by(a);
  if (!said) return 1;
  for (const json::value& sentence : said->at("done").as_array())
    std::cout << std::string_view(sentence.as_string()) << '\n';
  return 0;
}

} // namespace

std::vector<command> running_commands() {
  return {
      {{"plugin", "list"}, "CONFIG", "the plugins of a running server, and how they do", list},
      {{"plugin", "reload"}, "NAME CONFIG", "take the version that lies in its folder now", reload},
      {{"plugin", "release"},
       "NAME CONFIG",
       "load a plugin again that brought the server down",
       release}};
}

} // namespace parley::ctl
