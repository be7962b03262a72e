#include "process.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace parley::bench {
namespace {

std::uint64_t nanoseconds(clockid_t which) {
  timespec now{};
  ::clock_gettime(which, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

} // namespace

process::process(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> words;
  for (const auto& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execvp(words[0], words.data());
  ::_exit(127);
}

process::~process() {
  ::kill(pid_, SIGTERM);
  timespec pause{0, 10'000'000};
  for (int tries = 0; tries < 1000; ++tries) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return;
    ::nanosleep(&pause, nullptr);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool process::running() const {
  return ::waitpid(pid_, nullptr, WNOHANG) == 0;
}

std::uint64_t process::cpu_ns() const {
  std::uint64_t sum = 0;
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
    std::ifstream stat(thread.path() / "schedstat");
    std::uint64_t on_cpu = 0;
    if (stat >> on_cpu) sum += on_cpu;
  }
  return sum;
}

std::uint64_t process::resident_kib() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  std::string word;
  while (status >> word) {
    std::uint64_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  return 0;
}

std::uint64_t own_cpu_ns() {
  return nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
}
std::int64_t steady_ns() {
  return static_cast<std::int64_t>(nanoseconds(CLOCK_MONOTONIC));
}

std::uint16_t free_port() {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof where;
  ::bind(fd, reinterpret_cast<sockaddr*>(&where), length);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &length);
  ::close(fd);
  return ntohs(where.sin_port);
}

} // namespace parley::bench
