#include "net/certificate_watch.hpp"

#include "observe/log.hpp"

#include <sys/stat.h>

#include <utility>

namespace parley::net {

certificate_watch::certificate_watch(std::string certificate, std::string key, taker take)
    : certificate_(std::move(certificate)),
      key_(std::move(key)),
      take_(std::move(take)),
      used_(stamp()) {}

void certificate_watch::look() {
  const std::string now = stamp();
  if (now == used_) return;
  std::string problem;
  std::shared_ptr<const tls_context> made = tls_context::load(certificate_, key_, problem);
  if (made) {
    used_ = now;
    observe::write(observe::level::info, "a changed certificate is in use for new connections",
                   {{"certificate", certificate_}});
    return take_(std::move(made));
  }
  if (std::exchange(complained_, now) == now) return;
  observe::write(observe::level::warn, "a changed certificate cannot be used; the old one stays",
                 {{"why", problem}});
}

// Whatever a tool does to replace them: writes in place, renames, or points a link elsewhere.
std::string certificate_watch::stamp() const {
  std::string out;
  for (const std::string& file : {certificate_, key_}) {
    struct stat is {};
    if (::stat(file.c_str(), &is) != 0) continue;
    for (const auto number :
         {static_cast<std::int64_t>(is.st_ino), is.st_size, is.st_mtim.tv_sec, is.st_mtim.tv_nsec})
      out += std::to_string(number) + ' ';
  }
  return out;
}

} // namespace parley::net
