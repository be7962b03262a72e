#include "storage/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace parley::storage {
namespace {

// A file of root's may be read by the server's group: so systemd and Kubernetes hand secrets to a
// service (PostgreSQL's rule for keys).
bool is_open_to_others(const struct stat& about) {
  const bool lent_by_root = about.st_uid == 0 && ::geteuid() != 0;
  return (about.st_mode & (lent_by_root ? 0037U : 0077U)) != 0;
}

} // namespace

std::optional<std::string> read_key_file(const std::filesystem::path& file, std::string& why) {
  const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat about {};
  std::string text(longest_key_file, '\0');
  ssize_t length = -1;
  if (opened >= 0 && ::fstat(opened, &about) == 0)
    length = ::read(opened, text.data(), text.size());
  if (length < 0) why = std::string("cannot be read: ") + std::strerror(errno);
  if (opened >= 0) ::close(opened);
  if (length < 0) return std::nullopt;
  if (is_open_to_others(about)) {
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(about.st_mode & 07777));
    why = std::string("is not for its owner alone (mode ") + mode + "); write `chmod 600 " +
          file.string() + "`";
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(length));
  return text;
}

} // namespace parley::storage
