// Thousands of clients that keep to the rules of docs/clients.md, and whose server goes away: when
// do they come back? A line on the standard input begins to count anew, with the next loss as time
// zero; when all are there again what was seen is printed as JSON.

#include "commands.hpp"
#include "socket_link.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <iostream>
#include <random>

namespace parley::abuse {

namespace json = boost::json;

namespace {

constexpr std::int64_t bucket_ns = 100 * ns_in_ms;
constexpr double first_wait_ms = 300, longest_wait_ms = 15'000; // as in @parley/client
constexpr std::size_t connects_at_once = 50;

class herd_of;

class sheep : public member_link {
 public:
  sheep(herd_of& of, std::size_t index, std::uint8_t host, std::string token)
      : member_link(host, std::move(token)), of_(of), index_(index) {}
  void live() override;
  void frame(std::string_view text) override;
  void closing() override;
  void ended() override;

 private:
  herd_of& of_;
  std::size_t index_;
  std::int64_t called_ns_ = 0;
};

class herd_of {
 public:
  explicit herd_of(const json::object& given);
  void run();

  void live(std::size_t index);
  void lost(std::size_t index);
  void told(std::size_t index, double reconnect_after_ms) {
    all_[index].come_back_ms = reconnect_after_ms;
  }
  void answered(double ms) { call_ms_.push_back(ms); }
  void refused(const std::string& how) {
    refusals_[how] = refusals_[how].is_null() ? 1 : refusals_[how].as_int64() + 1;
  }

 private:
  struct one {
    double come_back_ms = -1;
    int failures = 0;
    bool there = false;
  };
  void gather();
  void connect(std::size_t index);
  double wait_of(one& who);
  void count(std::vector<std::uint64_t>& into);
  void report();

  loop loop_;
  std::vector<one> all_;
  std::vector<std::string> tokens_;
  std::uint64_t hosts_;
  std::size_t started_ = 0, live_ = 0;
  std::int64_t zero_ns_ = 0;
  std::string phase_ = "begin";
  std::vector<std::uint64_t> attempts_, resumed_;
  std::vector<double> call_ms_;
  json::object refusals_;
  std::mt19937_64 random_{7};
};

void sheep::live() {
  of_.live(index_);
  called_ns_ = steady_ns();
  say(R"({"id":1,"method":"account.me"})");
}

void sheep::frame(std::string_view text) {
  if (text.starts_with("{\"draining\"")) {
    return of_.told(index_,
                    json::parse(text).at("draining").at("reconnect_after_ms").to_number<double>());
  }
  if (text.starts_with("{\"id\":1,\"result\""))
    of_.answered(static_cast<double>(steady_ns() - called_ns_) / ns_in_ms);
}

void sheep::closing() {
  if (refused() != 0) of_.refused(std::to_string(refused()));
  close();
  of_.lost(index_);
}

void sheep::ended() {
  of_.lost(index_);
}

herd_of::herd_of(const json::object& given)
    : loop_(given.at("port").to_number<std::uint16_t>()),
      all_(given.at("count").to_number<std::size_t>()),
      hosts_(given.at("hosts").to_number<std::uint64_t>()) {
  for (const json::value& token : given.at("tokens").as_array())
    tokens_.emplace_back(token.as_string());
}

void herd_of::run() {
  loop_.listen_to(0, [this](std::string_view text) {
    if (text.empty()) return loop_.stop();
    phase_ = text.substr(0, text.find('\n'));
    zero_ns_ = 0;
    attempts_.clear();
    resumed_.clear();
    call_ms_.clear();
    refusals_.clear();
  });
  gather();
  loop_.run();
}

// The first time they come as fast as they are taken.
void herd_of::gather() {
  while (started_ < all_.size() && started_ < live_ + connects_at_once) connect(started_++);
}

void herd_of::connect(std::size_t index) {
  count(attempts_);
  loop_.add(std::make_unique<sheep>(*this, index, static_cast<std::uint8_t>(2 + index % hosts_),
                                    tokens_[index % tokens_.size()]));
}

void herd_of::live(std::size_t index) {
  all_[index] = {};
  all_[index].there = true;
  ++live_;
  count(resumed_);
  gather();
  if (live_ == all_.size()) loop_.at(steady_ns() + 500 * ns_in_ms, [this] { report(); });
}

void herd_of::lost(std::size_t index) {
  if (zero_ns_ == 0) zero_ns_ = steady_ns();
  if (std::exchange(all_[index].there, false)) --live_;
  const double wait = wait_of(all_[index]);
  loop_.at(steady_ns() + static_cast<std::int64_t>(wait * ns_in_ms),
           [this, index] { connect(index); });
}

double herd_of::wait_of(one& who) {
  const double asked = std::exchange(who.come_back_ms, -1);
  ++who.failures;
  if (asked >= 0) return asked;
  const double most =
      std::min(longest_wait_ms, first_wait_ms * (1 << std::min(who.failures - 1, 10)));
  return most / 2 + std::uniform_real_distribution<double>(0, most / 2)(random_);
}

void herd_of::count(std::vector<std::uint64_t>& into) {
  if (zero_ns_ == 0) return;
  const auto bucket = static_cast<std::size_t>((steady_ns() - zero_ns_) / bucket_ns);
  if (into.size() <= bucket) into.resize(bucket + 1);
  ++into[bucket];
}

void herd_of::report() {
  if (live_ != all_.size()) return;
  std::sort(call_ms_.begin(), call_ms_.end());
  const auto part = [this](double of) {
    return call_ms_.empty()
               ? 0
               : call_ms_[static_cast<std::size_t>(static_cast<double>(call_ms_.size() - 1) * of)];
  };
  std::cout << json::serialize(json::object{{"phase", phase_},
                                            {"attempts", json::value_from(attempts_)},
                                            {"resumed", json::value_from(resumed_)},
                                            {"refused", refusals_},
                                            {"call_p50_ms", part(0.5)},
                                            {"call_p99_ms", part(0.99)}})
            << std::endl;
}

} // namespace

int herd(const json::object& given) {
  herd_of(given).run();
  return 0;
}

} // namespace parley::abuse
