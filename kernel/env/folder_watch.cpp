#include "env/folder_watch.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <utility>

namespace parley::env {

namespace fs = std::filesystem;
using descriptor = boost::asio::posix::stream_descriptor;

namespace {

constexpr std::uint32_t wanted =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR;

// What editors write beside a file is none of it.
bool is_part(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.back() != '~';
}

bool holds_parts(const std::string& folder) {
  return is_part(folder) && folder != "tests" && folder != "node_modules";
}

} // namespace

struct folder_watch::state : std::enable_shared_from_this<state> {
  state(real_loop& on, std::function<void(const std::string&)> what)
      : events(on.context()), changed(std::move(what)) {}

  std::string open() {
    if (events.is_open()) return {};
    const int made = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (made < 0) return std::string("files cannot be watched: ") + std::strerror(errno);
    events.assign(made);
    wait();
    return {};
  }

  std::string add(const std::string& name, const fs::path& folder) {
    const int watch = ::inotify_add_watch(events.native_handle(), folder.c_str(), wanted);
    if (watch < 0) return folder.string() + " cannot be watched: " + std::strerror(errno);
    watches[watch] = {name, folder};
    std::error_code ignored;
    for (const fs::directory_entry& one : fs::directory_iterator(folder, ignored))
      if (one.is_directory(ignored) && holds_parts(one.path().filename())) add(name, one.path());
    return {};
  }

  void wait() {
    events.async_wait(descriptor::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& failed) {
                        if (failed) return; // closed
                        self->read();
                        self->wait();
                      });
  }

  void read() {
    alignas(inotify_event) char buffer[16 << 10];
    std::set<std::string> names;
    for (ssize_t got; (got = ::read(events.native_handle(), buffer, sizeof buffer)) > 0;) {
      for (char* at = buffer; at < buffer + got;) {
        const auto& event = *reinterpret_cast<const inotify_event*>(at);
        take(event, event.len > 0 ? std::string(event.name) : "", names);
        at += sizeof event + event.len;
      }
    }
    for (const std::string& name : names) changed(name);
  }

  void take(const inotify_event& event, const std::string& file, std::set<std::string>& names) {
    if (event.mask & IN_Q_OVERFLOW) // nobody knows what was missed
      for (const auto& [watch, of] : watches) names.insert(of.first);
    const auto found = watches.find(event.wd);
    if (found == watches.end()) return;
    const auto [name, folder] = found->second;
    if (event.mask & IN_IGNORED) {
      watches.erase(found);
    } else if (event.mask & IN_ISDIR) {
      if (!(event.mask & (IN_CREATE | IN_MOVED_TO)) || !holds_parts(file)) return;
      add(name, folder / file);
      names.insert(name); // it may have got files before it was watched
    } else if (is_part(file)) {
      names.insert(name);
    }
  }

  descriptor events;
  std::function<void(const std::string&)> changed;
  std::map<int, std::pair<std::string, fs::path>> watches; // → name and folder
};

folder_watch::folder_watch(real_loop& on, std::function<void(const std::string& name)> changed)
    : state_(std::make_shared<state>(on, std::move(changed))) {}

folder_watch::~folder_watch() {
  boost::system::error_code ignored;
  state_->events.close(ignored);
}

std::string folder_watch::add(const std::string& name, const fs::path& folder) {
  const std::string why = state_->open();
  return why.empty() ? state_->add(name, folder) : why;
}

} // namespace parley::env
