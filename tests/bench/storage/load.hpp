#pragma once

// A closed loop on a store: so many requests are under way at any time.

#include "store.hpp"

namespace parley::bench {

struct figures {
  double per_second = 0;
  double p50_us = 0, p99_us = 0; // from asking to the answer

  static figures of(double seconds, std::vector<double> microseconds);
};

struct load {
  std::uint64_t count = 0;
  std::uint32_t outstanding = 1;
};

using request = std::function<void(std::uint64_t number, store::task done)>;
// `what` is called on the store's thread.
figures run(store& on, const load& how, const request& what);

// Of several runs, the one with the middle rate.
figures middle(std::vector<figures> runs);

// Messages in `conversations` places with the words of a language: few are frequent.
class messages {
 public:
  messages(std::uint32_t conversations, std::uint64_t seed);
  message next();
  std::uint32_t some_conversation();
  std::string some_word();

 private:
  std::uint64_t random();

  std::uint32_t conversations_;
  std::uint64_t state_;
  std::uint64_t count_ = 0;
  std::vector<std::string> words_;
};

} // namespace parley::bench
