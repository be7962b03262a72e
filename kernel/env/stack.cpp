#include "env/stack.hpp"

#include <execinfo.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

namespace parley::env {

namespace {

constexpr int most_frames = 64;
std::optional<pthread_t> shown;
std::atomic<bool> printed{false};
static_assert(std::atomic<bool>::is_always_lock_free);

// Nothing here allocates: the thread may have been stopped within malloc.
void print_own_stack(int) {
  void* frames[most_frames];
  const int count = ::backtrace(frames, most_frames);
  ::backtrace_symbols_fd(frames, count, STDERR_FILENO);
  printed = true;
}

} // namespace

void show_stack_of_this_thread() {
  void* first[1];
  ::backtrace(first, 1); // loads what it needs, which it could not do in a signal's handler
  struct sigaction how {};
  how.sa_handler = print_own_stack;
  how.sa_flags = SA_RESTART;
  ::sigaction(SIGRTMIN, &how, nullptr);
  shown = ::pthread_self();
}

void print_stack() {
  if (!shown || ::pthread_kill(*shown, SIGRTMIN) != 0) return;
  for (int i = 0; i < 100 && !printed; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

} // namespace parley::env
