#include "load.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <future>

namespace parley::bench {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::uint32_t vocabulary = 20'000;

double seconds_since(clock::time_point then) {
  return std::chrono::duration<double>(clock::now() - then).count();
}

// All on the store's thread, but for its making and the waiting for its end.
class closed_loop {
 public:
  closed_loop(store& on, const load& how, const request& what)
      : on_(on), how_(how), what_(what), times_(how.count) {}

  figures run() {
    const clock::time_point began = clock::now();
    on_.post([this] {
      wanted_ = how_.outstanding - 1;
      ask();
    });
    ended_.get_future().wait();
    return figures::of(seconds_since(began), std::move(times_));
  }

 private:
  // A store that answers at once does not nest calls.
  void ask() {
    ++wanted_;
    if (is_asking_) return;
    is_asking_ = true;
    for (; wanted_ > 0 && asked_ < how_.count; --wanted_) {
      const std::uint64_t number = asked_++;
      const clock::time_point at = clock::now();
      what_(number, [this, number, at] { answered(number, at); });
    }
    is_asking_ = false;
    if (answered_ == how_.count) ended_.set_value(); // and then it may be gone
  }

  void answered(std::uint64_t number, clock::time_point asked) {
    times_[number] = seconds_since(asked) * 1e6;
    ++answered_;
    ask();
  }

  store& on_;
  const load how_;
  const request& what_;
  std::vector<double> times_;
  std::uint64_t asked_ = 0, answered_ = 0, wanted_ = 0;
  bool is_asking_ = false;
  std::promise<void> ended_;
};

} // namespace

figures figures::of(double seconds, std::vector<double> microseconds) {
  const auto at = [&](double part) {
    const auto place =
        static_cast<std::ptrdiff_t>(part * static_cast<double>(microseconds.size() - 1));
    std::nth_element(microseconds.begin(), microseconds.begin() + place, microseconds.end());
    return microseconds[static_cast<std::size_t>(place)];
  };
  const auto count = static_cast<double>(microseconds.size());
  return {count / seconds, at(0.5), at(0.99)};
}

figures run(store& on, const load& how, const request& what) {
  return closed_loop(on, how, what).run();
}

figures middle(std::vector<figures> runs) {
  std::sort(runs.begin(), runs.end(),
            [](const figures& a, const figures& b) { return a.per_second < b.per_second; });
  return runs[runs.size() / 2];
}

messages::messages(std::uint32_t conversations, std::uint64_t seed)
    : conversations_(conversations), state_(seed) {
  for (std::uint32_t i = 0; i < vocabulary; ++i) {
    std::string& word = words_.emplace_back();
    const std::uint64_t length = 2 + random() % 8;
    for (std::uint64_t at = 0; at < length; ++at) word += static_cast<char>('a' + random() % 26);
  }
}

std::uint64_t messages::random() { // splitmix64
  std::uint64_t out = state_ += 0x9e3779b97f4a7c15;
  out = (out ^ out >> 30) * 0xbf58476d1ce4e5b9;
  out = (out ^ out >> 27) * 0x94d049bb133111eb;
  return out ^ out >> 31;
}

// Zipf's law: the word of rank r about as often as 1/r.
std::string messages::some_word() {
  const double part = static_cast<double>(random() >> 11) * 0x1p-53;
  return words_[static_cast<std::size_t>(std::pow(vocabulary, part)) % vocabulary];
}

std::uint32_t messages::some_conversation() {
  return static_cast<std::uint32_t>(random() % conversations_);
}

message messages::next() {
  message out;
  out.conversation = some_conversation();
  char id[40];
  std::snprintf(id, sizeof id, "01890000-%04x-7000-8000-%012llx",
                static_cast<unsigned>(count_ >> 32) & 0xffff,
                static_cast<unsigned long long>(count_) & 0xffffffff);
  ++count_;
  out.id = id;
  out.sender = name_of(static_cast<std::uint32_t>(random() % 1000)).substr(13);
  const std::uint64_t length = 4 + random() % 16;
  for (std::uint64_t i = 0; i < length; ++i) out.text += (i == 0 ? "" : " ") + some_word();
  out.at = "2026-01-01T00:00:00.000Z";
  return out;
}

} // namespace parley::bench
