#include "control/client.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace parley::control {

namespace json = boost::json;

namespace {

constexpr long answer_seconds = 300; // an upgrade has deadlines of its own

class connection {
 public:
  explicit connection(const std::filesystem::path& file) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    const std::string& path = file.native();
    if (path.size() >= sizeof to.sun_path) {
      failed_ = ENAMETOOLONG;
      return;
    }
    std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0 || ::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      failed_ = errno;
    const timeval patience{answer_seconds, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~connection() {
    if (socket_ >= 0) ::close(socket_);
  }
  connection(const connection&) = delete;

  int failed() const { return failed_; }

  bool send(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  std::string read_line() const {
    std::string line;
    char part[4096];
    while (line.find('\n') == std::string::npos) {
      const ssize_t got = ::recv(socket_, part, sizeof part, 0);
      if (got <= 0) return {};
      line.append(part, static_cast<std::size_t>(got));
    }
    return line;
  }

 private:
  int socket_ = -1;
  int failed_ = 0;
};

} // namespace

bool is_served(const std::filesystem::path& file) {
  return connection(file).failed() == 0;
}

answer ask(const std::filesystem::path& file, const json::object& question) {
  answer out;
  const connection to(file);
  switch (to.failed()) {
    case 0:
      break;
    case ENOENT:
    case ECONNREFUSED:
    case ENOTDIR:
      out.nobody = true;
      out.why = "no server runs with this configuration: nobody listens at " + file.string();
      return out;
    case EACCES:
    case EPERM:
      out.why = "you may not ask this server: " + file.string() +
                " is for the user that it runs as; become that user, or root";
      return out;
    default:
      out.why = file.string() + ": " + std::strerror(to.failed());
      return out;
  }
  const std::string line = to.send(json::serialize(question) + '\n') ? to.read_line() : "";
  boost::system::error_code wrong;
  const json::value read = json::parse(line, wrong);
  if (wrong || !read.is_object())
    out.why = "the server gave no answer; its log has more";
  else
    out.said = read.get_object();
  return out;
}

} // namespace parley::control
