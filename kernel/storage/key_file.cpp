#include "storage/key_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace parley::storage {

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
  if ((about.st_mode & 0077) != 0) {
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
