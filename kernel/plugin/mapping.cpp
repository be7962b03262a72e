#include "plugin/mapping.hpp"

#include "plugin/shared_library.hpp"

#include <cxxabi.h>

#include <cstdlib>
#include <fstream>

namespace parley::plugin {

namespace fs = std::filesystem;
namespace dll = boost::dll;

namespace {

// Copies are made on one thread.
std::string copy_name(const fs::path& library) {
  static std::uint64_t copies = 0;
  return library.stem().string() + "." + std::to_string(++copies) + library.extension().string();
}

bool is_mapped(const std::string& path) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find(path) != std::string::npos) return true;
  return false;
}

std::string demangled(const std::string& symbol) {
  int status = 0;
  char* name = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
  std::string out = status == 0 ? name : symbol;
  std::free(name);
  return out;
}

std::string what_pins(const library_facts& facts) {
  if (!facts.unique.empty())
    return "its symbol " + demangled(facts.unique.front()) +
           " is unique in the process (STB_GNU_UNIQUE), which keeps it: compile it with "
           "-fno-gnu-unique, as parley_add_plugin does";
  if (facts.never_unloads) return "it is linked with -z nodelete";
  return "a thread_local with a destructor was used, a thread of its own still runs, or another "
         "library uses it";
}

} // namespace

std::unique_ptr<mapping> mapping::open(const std::string& library, const fs::path& folder,
                                       std::string* why) {
  *why = entry_problem(read_library(library), library);
  if (!why->empty()) return nullptr;
  std::unique_ptr<mapping> made(new mapping);
  made->path_ = library;
  if (!folder.empty()) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    made->path_ = fs::absolute(folder / copy_name(library));
    if (!failed) fs::copy_file(library, made->path_, fs::copy_options::overwrite_existing, failed);
    if (failed) {
      *why = library + " cannot be copied to " + made->path_ + ": " + failed.message();
      return nullptr;
    }
    made->is_copy_ = true;
  }
  try {
    made->library_.load(made->path_, dll::load_mode::rtld_now | dll::load_mode::rtld_local);
  } catch (const boost::system::system_error& failed) { // its text has dlopen's reason
    *why = library + " cannot be loaded: " + failed.what();
    return nullptr;
  }
  return made;
}

mapping::~mapping() {
  close();
}

parley_plugin_entry mapping::entry() const {
  return reinterpret_cast<parley_plugin_entry>(
      reinterpret_cast<void*>(&library_.get<void(void)>(PARLEY_PLUGIN_ENTRY_SYMBOL)));
}

std::string mapping::close() {
  if (path_.empty()) return {};
  library_.unload();
  std::string pinned;
  if (is_mapped(path_)) pinned = what_pins(read_library(path_));
  std::error_code ignored;
  if (is_copy_) fs::remove(path_, ignored);
  path_.clear();
  return pinned;
}

void remove_copies(const fs::path& folder) {
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

} // namespace parley::plugin
