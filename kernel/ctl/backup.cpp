// parleyctl backup, backup verify, restore and storage copy.

#include "ctl/ask.hpp"
#include "ctl/commands.hpp"
#include "ctl/own_store.hpp"
#include "ctl/progress.hpp"

#include "backup/dump.hpp"
#include "backup/file_reader.hpp"
#include "backup/file_writer.hpp"
#include "backup/loader.hpp"

#include <iomanip>
#include <iostream>
#include <sstream>

namespace parley::ctl {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

int fail(const std::string& why) {
  std::cerr << why << '\n';
  return 1;
}

std::string megabytes(std::uint64_t bytes) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / 1e6 << " MB";
  return out.str();
}

std::string told(const backup::counts& of) {
  return std::to_string(of.records()) + " records (" + std::to_string(of.events) + " events of " +
         std::to_string(of.topics) + " topics)";
}

std::optional<backup::key> key_of(const config::config& from, std::string& why) {
  return backup::read_key({from.backup.key_file, from.backup.key}, why);
}

int made_by_server(const fs::path& socket, const fs::path& file, bool is_encrypted) {
  const json::object order{
      {"do", "backup.start"}, {"file", file.string()}, {"encrypted", is_encrypted}};
  if (!said_by(control::ask(socket, order))) return 1;
  progress bar("records");
  while (true) {
    const auto said = said_by(control::ask(socket, {{"do", "backup.state"}}));
    if (!said) return 1;
    bar.at(said->at("done").to_number<std::uint64_t>(),
           said->at("total").to_number<std::uint64_t>());
    if (said->at("running").as_bool()) {
      pause();
      continue;
    }
    bar.end();
    const std::string why = text_of(*said, "why");
    if (!why.empty()) return fail("no backup was made: " + why);
    std::cout << file.string() << ": " << text_of(*said, "records") << " records, "
              << megabytes(said->at("bytes").to_number<std::uint64_t>())
              << ", by the running server\n";
    return 0;
  }
}

int make(const arguments& given) {
  const auto with = configuration_of(given[0]);
  if (!with) return 2;
  const fs::path file = fs::absolute(given[1]);
  const fs::path socket = with->server.data / control::file_name;
  if (control::is_served(socket))
    return made_by_server(socket, file,
                          backup::key_source{with->backup.key_file, with->backup.key}.is_there());
  std::string why;
  const auto by = key_of(*with, why);
  if (!why.empty()) return fail(why);
  own_store from(*with);
  why = from.load();
  if (why.empty()) why = from.open();
  if (!why.empty()) return fail("no backup was made: " + why);
  backup::file_writer writer;
  why = writer.open(
      file, {"parleyctl " PARLEY_VERSION, with->server.name, from.driver_name(), from.now(), {}},
      by);
  progress bar("records");
  if (why.empty())
    why = backup::dump_and_wait(from.driver(), [&](const parley_driver_piece& piece) {
      bar.at(piece.done, piece.total);
      return writer.add(piece);
    });
  bar.end();
  if (why.empty()) why = writer.finish();
  if (!why.empty()) return fail("no backup was made: " + why);
  std::cout << file.string() << ": " << told(writer.counted()) << ", " << megabytes(writer.bytes())
            << '\n';
  return 0;
}

void describe(const backup::header& of) {
  std::cout << "made " << of.at << " by " << of.by << ", of " << of.server << " on " << of.driver
            << (of.nonce.empty() ? "" : ", encrypted") << '\n';
}

int verify_file(const arguments& given) {
  std::optional<backup::key> by;
  std::string why;
  if (given.size() == 2) {
    const auto with = configuration_of(given[1]);
    if (!with) return 2;
    by = key_of(*with, why);
  }
  backup::file_reader from;
  if (why.empty()) why = from.open(given[0], by);
  if (!why.empty()) return fail(why);
  describe(from.what());
  progress bar("bytes");
  why = from.read([](const parley_driver_piece&) { return std::string(); },
                  [&](std::uint64_t done, std::uint64_t total) { bar.at(done, total); });
  bar.end();
  if (!why.empty()) return fail(why);
  if (!from.is_legible()) {
    std::cout << given[0] << " is whole; what is in it needs the key: name the configuration too\n";
    return 0;
  }
  std::cout << given[0] << " is whole: " << told(from.counted()) << ", " << megabytes(from.bytes())
            << '\n';
  for (const auto& [name, count] : from.counted().rows)
    std::cout << "  " << std::left << std::setw(40) << name << count << '\n';
  return 0;
}

// What lies in a store after it was loaded, against what was to be.
std::string compare(const parley_storage_driver& driver, const backup::counts& wanted) {
  backup::record_writer again;
  progress bar("records, counted again");
  std::string why = backup::dump_and_wait(driver, [&](const parley_driver_piece& piece) {
    bar.at(piece.done, piece.total);
    again.add(piece);
    return std::string();
  });
  bar.end();
  if (why.empty()) why = backup::difference(wanted, again.end());
  return why;
}

int restore(const arguments& given) {
  const auto with = configuration_of(given[0]);
  if (!with) return 2;
  std::string why;
  const auto by = key_of(*with, why);
  // All of it is looked at before anything is written.
  for (const bool is_load : {false, true}) {
    backup::file_reader from;
    if (why.empty()) why = from.open(given[1], by);
    if (why.empty() && !from.is_legible())
      why = given[1] + " is encrypted: " + given[0] + " needs backup.key_file or backup.key";
    if (!why.empty()) return fail("nothing was restored: " + why);
    progress bar(is_load ? "bytes restored" : "bytes checked");
    const auto show = [&](std::uint64_t done, std::uint64_t total) { bar.at(done, total); };
    if (!is_load) {
      describe(from.what());
      why = from.read([](const parley_driver_piece&) { return std::string(); }, show);
      bar.end();
      if (!why.empty()) return fail("nothing was restored: " + why);
      continue;
    }
    own_store to(*with);
    why = to.load();
    if (!why.empty()) return fail("nothing was restored: " + why);
    backup::loader into(to.driver());
    why = into.begin();
    if (!why.empty()) return fail("nothing was restored: " + why);
    why = from.read([&](const parley_driver_piece& piece) { return into.take(piece); }, show);
    if (why.empty()) why = into.end();
    bar.end();
    if (why.empty()) why = compare(to.driver(), into.counted());
    if (!why.empty()) return fail("the store was not restored to its end: " + why);
    std::cout << "restored " << told(into.counted()) << '\n';
  }
  return 0;
}

int copy(const arguments& given) {
  const auto from_config = configuration_of(given[0]), to_config = configuration_of(given[1]);
  if (!from_config || !to_config) return 2;
  own_store from(*from_config), to(*to_config);
  std::string why = from.load();
  if (why.empty()) why = from.open();
  if (why.empty()) why = to.load();
  if (!why.empty()) return fail("nothing was copied: " + why);
  backup::loader into(to.driver());
  why = into.begin();
  if (!why.empty()) return fail("nothing was copied: " + to.of().source.file + ": " + why);
  progress bar("records");
  why = backup::dump_and_wait(from.driver(), [&](const parley_driver_piece& piece) {
    bar.at(piece.done, piece.total);
    return into.take(piece);
  });
  if (why.empty()) why = into.end();
  bar.end();
  if (why.empty()) why = compare(to.driver(), into.counted());
  if (!why.empty()) return fail("the store was not copied to its end: " + why);
  std::cout << "copied " << told(into.counted()) << " from " << from.driver_name() << " to "
            << to.driver_name() << "; every record is there\n";
  for (const auto& [name, count] : into.counted().rows)
    std::cout << "  " << std::left << std::setw(40) << name << count << '\n';
  return 0;
}

} // namespace

std::vector<command> backup_commands() {
  return {{{"backup"},
           "CONFIG FILE",
           "all that is stored in a file, while the server runs or not",
           make},
          {{"backup", "verify"},
           "FILE [CONFIG]",
           "whether such a file is whole; CONFIG has the key",
           verify_file},
          {{"restore"}, "CONFIG FILE", "put it into an empty store", restore},
          {{"storage", "copy"},
           "FROM-CONFIG TO-CONFIG",
           "move all that is stored to another, empty store",
           copy}};
}

} // namespace parley::ctl
