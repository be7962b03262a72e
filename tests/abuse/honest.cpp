// Those who are to notice nothing: rooms whose members send at a fixed rate and hear each other,
// and one newcomer a second. Phases are told on the standard input; what was seen of each is
// printed at its end, as JSON.

#include "commands.hpp"
#include "socket_link.hpp"

#include <boost/json.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <set>

namespace parley::abuse {

namespace json = boost::json;

namespace {

constexpr std::int64_t newcomer_every_ns = 1'000 * ns_in_ms;
constexpr std::int64_t patience_ns = 30'000 * ns_in_ms;

struct phase {
  std::string name;
  std::uint64_t sent = 0, answered = 0, refused = 0, delivered = 0, expected = 0, newcomers = 0,
                newcomers_lost = 0;
  std::vector<double> latency_ms{}, beat_ms{}, entry_ms{},
      late_ms{}; // late: this process, in sending
  std::int64_t began_ns = steady_ns();
};

double of_sorted(std::vector<double>& all, double part) {
  if (all.empty()) return 0;
  std::sort(all.begin(), all.end());
  return all[std::min(all.size() - 1,
                      static_cast<std::size_t>(static_cast<double>(all.size()) * part))];
}

struct room {
  std::string id, text;
  std::vector<class member*> members;
};

class crowd;

class member : public member_link {
 public:
  member(crowd& of, room& in, std::string token)
      : member_link(1, std::move(token)), of_(of), in_(in) {}
  void live() override;
  void frame(std::string_view text) override;
  void closing() override;
  void ended() override;
  void say_message(std::uint64_t number, std::string_view text);
  void beat(); // answered without a look at the disk

 private:
  void take(const json::object& event);

  crowd& of_;
  room& in_;
  std::int64_t last_seq_ = 0, beat_ns_ = 0;
  std::set<std::uint64_t> seen_;
};

class newcomer : public member_link {
 public:
  newcomer(crowd& of, std::string token);
  ~newcomer() override;
  void live() override;
  void ended() override { close(); }

 private:
  crowd& of_;
  std::size_t phase_;
  std::int64_t began_ns_ = steady_ns();
};

class crowd {
 public:
  explicit crowd(const json::object& given);
  void run();

  // For members.
  void fault(const std::string& what) { ++faults[what]; }
  void arrived(); // a member is there for the first time
  void heard(std::uint64_t number);
  void replied(bool well) { ++(well ? now().answered : now().refused); }
  phase& now() { return phases.back(); }

  std::vector<phase> phases{phase{"before"}};
  std::map<std::string, std::uint64_t> faults;

 private:
  struct message {
    std::size_t phase;
    std::int64_t due_ns;
    std::uint32_t to_come;
  };
  void tick();
  void admit();
  void told(std::string_view text);
  void line(std::string_view one);
  void finish();
  void report();

  loop loop_;
  std::vector<std::unique_ptr<room>> rooms_;
  std::vector<std::string> newcomers_;
  std::vector<message> messages_;
  std::string input_;
  std::size_t there_ = 0, all_ = 0, open_ = 0;
  std::int64_t every_ns_, next_ns_ = 0, give_up_ns_ = 0;
  bool ending_ = false;
};

void member::live() {
  of_.arrived();
}

void member::ended() {
  of_.fault("honest connection lost");
}

void member::closing() {
  of_.fault("honest connection closed with " + std::to_string(close_code()) + " " +
            std::to_string(refused()));
  close();
}

void member::say_message(std::uint64_t number, std::string_view text) {
  char id[40];
  std::snprintf(id, sizeof id, "m-%d-%llu", ::getpid(), static_cast<unsigned long long>(number));
  say("{\"id\":" + std::to_string(number) +
      R"(,"method":"messaging.send","params":{"conversation":")" + in_.id + R"(","id":")" + id +
      R"(","text":")" + std::to_string(number) + ' ' + std::string(text) + "\"}}");
}

void member::beat() {
  if (beat_ns_ != 0) return;
  beat_ns_ = steady_ns();
  say(R"({"heartbeat":{}})");
}

void member::frame(std::string_view text) {
  if (text == R"({"heartbeat":{}})") {
    if (beat_ns_ != 0)
      of_.now().beat_ms.push_back(static_cast<double>(steady_ns() - std::exchange(beat_ns_, 0)) /
                                  ns_in_ms);
    return;
  }
  const json::value parsed = json::parse(text);
  const json::object& frame = parsed.as_object();
  if (frame.contains("id")) {
    if (frame.contains("error")) of_.fault(json::serialize(frame.at("error")));
    return of_.replied(frame.contains("result"));
  }
  const json::value* const name = frame.if_contains("event");
  if (name != nullptr && *name == "message.created") take(frame);
  if (frame.contains("draining") || frame.contains("error")) of_.fault(std::string(text));
}

void member::take(const json::object& event) {
  if (event.at("topic").as_string() != "conversation:" + in_.id) return;
  const std::int64_t seq = event.at("seq").to_number<std::int64_t>();
  if (last_seq_ != 0 && seq != last_seq_ + 1) of_.fault("out of order");
  last_seq_ = seq;
  const std::uint64_t number =
      std::strtoull(event.at("data").at("text").as_string().c_str(), nullptr, 10);
  if (!seen_.insert(number).second) return of_.fault("doubled");
  of_.heard(number);
}

newcomer::newcomer(crowd& of, std::string token)
    : member_link(1, std::move(token)), of_(of), phase_(of.phases.size() - 1) {
  ++of_.phases[phase_].newcomers;
}

newcomer::~newcomer() {
  if (!is_live()) ++of_.phases[phase_].newcomers_lost;
}

void newcomer::live() {
  of_.phases[phase_].entry_ms.push_back(static_cast<double>(steady_ns() - began_ns_) / ns_in_ms);
  close();
}

crowd::crowd(const json::object& given)
    : loop_(given.at("port").to_number<std::uint16_t>()),
      every_ns_(1'000'000'000 / given.at("rate").to_number<std::int64_t>()) {
  for (const json::value& token : given.at("newcomers").as_array())
    newcomers_.emplace_back(token.as_string());
  for (const json::value& each : given.at("rooms").as_array()) {
    auto made = std::make_unique<room>();
    made->id = each.at("id").as_string();
    made->text.assign(each.at("text_bytes").to_number<std::size_t>(), 'x');
    for (const json::value& token : each.at("tokens").as_array()) {
      made->members.push_back(
          &loop_.add(std::make_unique<member>(*this, *made, std::string(token.as_string()))));
      ++all_;
    }
    rooms_.push_back(std::move(made));
  }
}

void crowd::run() {
  loop_.listen_to(0, [this](std::string_view text) { told(text); });
  loop_.run();
  report();
}

void crowd::arrived() {
  if (++there_ != all_) return;
  std::cout << "{\"ready\":true}" << std::endl;
  next_ns_ = steady_ns();
  tick();
  admit();
}

void crowd::tick() {
  if (ending_) return finish();
  while (next_ns_ <= steady_ns()) {
    const std::uint64_t number = messages_.size();
    const room& in = *rooms_[number % rooms_.size()];
    member& by = *in.members[number / rooms_.size() % in.members.size()];
    const auto hearers = static_cast<std::uint32_t>(in.members.size());
    messages_.push_back({phases.size() - 1, next_ns_, hearers});
    ++now().sent;
    now().expected += hearers;
    open_ += hearers;
    now().late_ms.push_back(static_cast<double>(steady_ns() - next_ns_) / ns_in_ms);
    by.say_message(number, in.text);
    in.members[(number / rooms_.size() + 1) % in.members.size()]->beat();
    next_ns_ += every_ns_;
  }
  loop_.at(next_ns_, [this] { tick(); });
}

void crowd::admit() {
  if (ending_) return;
  if (!newcomers_.empty()) {
    loop_.add(std::make_unique<newcomer>(*this, newcomers_[messages_.size() % newcomers_.size()]));
  }
  loop_.at(steady_ns() + newcomer_every_ns, [this] { admit(); });
}

// Counted from when it was due: what waits in this process is not left out.
void crowd::heard(std::uint64_t number) {
  if (number >= messages_.size() || messages_[number].to_come == 0) return fault("never sent");
  message& one = messages_[number];
  --one.to_come;
  --open_;
  ++phases[one.phase].delivered;
  phases[one.phase].latency_ms.push_back(static_cast<double>(steady_ns() - one.due_ns) / ns_in_ms);
}

void crowd::finish() {
  if (give_up_ns_ == 0) give_up_ns_ = steady_ns() + patience_ns;
  if (open_ == 0 || steady_ns() > give_up_ns_) return loop_.stop();
  loop_.at(steady_ns() + ns_in_ms, [this] { finish(); });
}

void crowd::told(std::string_view text) {
  if (text.empty()) ending_ = true;
  input_ += text;
  for (std::size_t end = 0; (end = input_.find('\n')) != std::string::npos;) {
    line(input_.substr(0, end));
    input_.erase(0, end + 1);
  }
}

void crowd::line(std::string_view one) {
  if (one == "end") {
    ending_ = true;
    return;
  }
  phases.push_back({std::string(one)});
}

void crowd::report() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  json::array all;
  for (phase& one : phases) {
    all.push_back({{"name", one.name},
                   {"sent", one.sent},
                   {"expected", one.expected},
                   {"delivered", one.delivered},
                   {"refused", one.refused},
                   {"p50_ms", of_sorted(one.latency_ms, 0.5)},
                   {"p99_ms", of_sorted(one.latency_ms, 0.99)},
                   {"most_ms", of_sorted(one.latency_ms, 1)},
                   {"beat_p50_ms", of_sorted(one.beat_ms, 0.5)},
                   {"beat_p99_ms", of_sorted(one.beat_ms, 0.99)},
                   {"late_p99_ms", of_sorted(one.late_ms, 0.99)},
                   {"newcomers", one.newcomers},
                   {"newcomers_lost", one.newcomers_lost},
                   {"entry_p50_ms", of_sorted(one.entry_ms, 0.5)},
                   {"entry_most_ms", of_sorted(one.entry_ms, 1)}});
  }
  json::object problems;
  for (const auto& [what, times] : faults) problems[what] = times;
  std::cout << json::serialize(json::object{{"phases", all}, {"faults", problems}}) << std::endl;
}

} // namespace

int honest(const json::object& given) {
  crowd(given).run();
  return 0;
}

} // namespace parley::abuse
