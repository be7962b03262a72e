#include "round.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <string>
#include <vector>

namespace parley::bench {
namespace {

class crowd {
 public:
  crowd(target& which, const load& how) : target_(which), how_(how), epoll_(::epoll_create1(0)) {
    for (std::size_t i = 0; i < how.members; ++i) {
      sockets_.push_back(which.join(i));
      epoll_event wanted{};
      wanted.events = EPOLLIN;
      wanted.data.u64 = i;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, sockets_.back()->descriptor(), &wanted);
    }
  }
  ~crowd() { ::close(epoll_); }
  crowd(const crowd&) = delete;
  crowd& operator=(const crowd&) = delete;

  // Sends `count` messages and returns when every member has got every one.
  void send(std::uint64_t count) {
    left_ = count;
    awaited_ = count * how_.members;
    received_ = 0;
    latencies_.clear();
    latencies_.reserve(awaited_);
    for (std::uint64_t i = 0; i < std::min(how_.window, count); ++i) send_one();
    sockets_[0]->flush();
    while (received_ < awaited_) turn();
  }

  std::vector<std::int64_t>& latencies() { return latencies_; }
  std::uint64_t received() const { return received_; }

 private:
  void send_one() {
    if (left_ == 0) return;
    --left_;
    std::string text = std::to_string(steady_ns()) + " ";
    text.resize(how_.text_bytes, 'x');
    sockets_[0]->queue(target_.call(++number_, text));
  }

  void turn() {
    epoll_event ready[64];
    int count = ::epoll_wait(epoll_, ready, 64, 20'000);
    if (count < 0 && errno == EINTR) return;
    if (count <= 0)
      throw std::runtime_error("nothing came for 20 seconds, with " + std::to_string(received_) +
                               " of " + std::to_string(awaited_) + " deliveries made");
    now_ = steady_ns();
    for (int i = 0; i < count; ++i) {
      std::size_t who = ready[i].data.u64;
      sockets_[who]->read_ready([&](std::string_view frame) { take(who, frame); });
    }
    sockets_[0]->flush();
  }

  void take(std::size_t who, std::string_view frame) {
    auto text = target_.delivered(frame);
    if (text) {
      std::int64_t sent = 0;
      std::from_chars(text->data(), text->data() + std::min<std::size_t>(text->size(), 20), sent);
      latencies_.push_back(now_ - sent);
      ++received_;
    }
    if (who == 0 && target_.ends_call(frame)) send_one();
  }

  target& target_;
  const load& how_;
  int epoll_;
  std::vector<std::unique_ptr<web_socket>> sockets_;
  std::vector<std::int64_t> latencies_;
  std::uint64_t left_ = 0, awaited_ = 0, received_ = 0, number_ = 0;
  std::int64_t now_ = 0;
};

double at_part(std::vector<std::int64_t>& values, double part) {
  auto nth =
      values.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(values.size() - 1) * part);
  std::nth_element(values.begin(), nth, values.end());
  return static_cast<double>(*nth) / 1e6;
}

} // namespace

figures run_round(target& which, const load& how) {
  crowd members(which, how);
  members.send(std::max<std::uint64_t>(how.window, how.messages / 10));

  std::uint64_t server_before = which.server().cpu_ns();
  std::uint64_t own_before = own_cpu_ns();
  std::int64_t began = steady_ns();
  members.send(how.messages);
  figures result;
  result.seconds = static_cast<double>(steady_ns() - began) / 1e9;
  result.server_cpu_s = static_cast<double>(which.server().cpu_ns() - server_before) / 1e9;
  result.own_cpu_s = static_cast<double>(own_cpu_ns() - own_before) / 1e9;
  result.deliveries = members.received();
  result.p50_ms = at_part(members.latencies(), 0.50);
  result.p99_ms = at_part(members.latencies(), 0.99);
  return result;
}

} // namespace parley::bench
