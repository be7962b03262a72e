#include "net/server.hpp"

#include "env/thread.hpp"
#include "net/certificate_watch.hpp"
#include "net/shard.hpp"
#include "observe/log.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <utility>

namespace parley::net {

struct server::state {
  struct options how;
  std::shared_ptr<surroundings> shared = std::make_shared<surroundings>();
  surroundings& around = *shared;
  std::vector<std::unique_ptr<env::loop_thread>> threads; // none where the logic loop does it
  std::vector<std::shared_ptr<shard>> shards;
  std::vector<std::unique_ptr<listener>> listeners;
  std::vector<certificate_watch> certificates;
  std::unique_ptr<env::ticker> looks_at_certificates;
  std::size_t next_shard = 0;
  std::int64_t next_complaint_ns = 0; // about accepting
  env::task drained;
  env::timer_id drain_check = 0, drain_force = 0, drain_end = 0;
  bool stopped = false;

  std::shared_ptr<shard> of(dispatch::connection_id id) {
    const std::size_t index = id >> 48;
    return index < shards.size() && !stopped ? shards[index] : nullptr;
  }

  // On the shard of the connection, if both are still there.
  template <class work>
  void with(dispatch::connection_id id, work what) {
    auto home = of(id);
    if (!home) return;
    home->loop().post([home, id, what = std::move(what)]() mutable {
      connection* const found = home->find(id);
      if (found != nullptr && found->speaks() != nullptr) what(*found);
    });
  }

  void for_each_shard(const std::function<void(shard&)>& what) {
    if (stopped) return;
    for (const auto& one : shards) {
      one->loop().post([what, one] { what(*one); });
    }
  }

  void take(accepted_socket found);
  void accept_failed(int why);
  void check_drained();
  void end_drain();
};

namespace {

constexpr std::chrono::milliseconds drain_look{20};
// To come back costs a server about a quarter of a millisecond: so many leave it time for the rest.
constexpr std::uint64_t returns_a_second = 1'000;
constexpr std::int64_t least_spread_ms = 1'000, most_spread_ms = 60'000;
constexpr std::chrono::minutes between_complaints{1};

std::string boot_name(const env::clock& clock) {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string name;
  for (std::uint64_t left = static_cast<std::uint64_t>(clock.unix_ms()); left > 0; left /= 36) {
    name.insert(name.begin(), digits[left % 36]);
  }
  return name;
}

} // namespace

std::int64_t reconnect_spread_ms(std::uint64_t sockets) {
  const auto wanted = static_cast<std::int64_t>(sockets * 1'000 / returns_a_second);
  return std::clamp(wanted, least_spread_ms, most_spread_ms);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

server::server(options how, const env::clock& clock, env::random& random, env::loop& logic,
               dispatch::entry* entry, probe probes, document_source documents)
    : state_(std::make_unique<state>()) {
  raise_descriptor_limit();
  ::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
  surroundings& around = state_->around;
  around.limits = how.limits;
  around.heartbeat_ms = how.heartbeat_ms;
  around.sweep = how.sweep;
  around.cors_origins = how.cors_origins;
  around.clock = &clock;
  around.random = &random;
  around.logic = &logic;
  around.entry = entry;
  around.probes = std::move(probes);
  around.documents = std::move(documents);
  around.boot = boot_name(clock);
  state_->how = std::move(how);
  if (state_->how.shards == 0) {
    auto* const shared = dynamic_cast<env::real_loop*>(&logic);
    if (shared == nullptr) throw std::invalid_argument("no shards: the logic loop cannot do I/O");
    state_->shards.push_back(std::make_shared<shard>(state_->shared, std::uint16_t{0}, *shared));
  }
  for (unsigned i = 0; i < state_->how.shards; ++i) {
    state_->threads.push_back(std::make_unique<env::loop_thread>("shard-" + std::to_string(i)));
    state_->shards.push_back(std::make_shared<shard>(state_->shared, static_cast<std::uint16_t>(i),
                                                     state_->threads.back()->loop()));
  }
}

server::~server() {
  stop();
}

void server::set_registry(std::shared_ptr<const dispatch::registry> current) {
  state_->for_each_shard([current = std::move(current)](shard& one) { one.set_registry(current); });
}

bool server::listen(std::vector<std::string>& problems) {
  state& my = *state_;
  env::real_loop& first = my.shards.front()->loop();
  for (const listen_address& at : my.how.listen) {
    auto made = std::make_unique<listener>(
        first, [&my](accepted_socket found) { my.take(std::move(found)); });
    std::string problem;
    certificate_watch watch(at.certificate, at.key,
                            [to = made.get()](auto next) { to->use(std::move(next)); });
    if (made->open(at, problem)) {
      my.listeners.push_back(std::move(made));
      if (!at.certificate.empty()) my.certificates.push_back(std::move(watch));
    } else {
      problems.push_back(std::move(problem));
    }
  }
  if (!problems.empty()) {
    my.listeners.clear();
    return false;
  }
  for (const auto& one : my.shards) one->begin();
  for (const auto& one : my.listeners) one->start();
  for (const auto& one : my.threads) one->start();
  if (!my.certificates.empty()) {
    my.looks_at_certificates =
        std::make_unique<env::ticker>("certificates", my.how.certificate_look, [&my] {
          for (certificate_watch& each : my.certificates) each.look();
        });
  }
  return true;
}

std::vector<std::uint16_t> server::ports() const {
  std::vector<std::uint16_t> all;
  for (const auto& one : state_->listeners) all.push_back(one->port());
  return all;
}

// It fails again and again while descriptors are scarce: told once in a while, counted always.
void server::state::accept_failed(int why) {
  count(around.counters.accept_failures);
  const std::int64_t now_ns = around.clock->steady_ns();
  if (now_ns < next_complaint_ns) return;
  next_complaint_ns = now_ns + std::chrono::nanoseconds(between_complaints).count();
  observe::write(observe::level::error, "connections cannot be accepted",
                 {{"why", std::strerror(why)},
                  {"open", around.counters.open.load(std::memory_order_relaxed)},
                  {"failures", around.counters.accept_failures.load(std::memory_order_relaxed)}});
}

// On the first shard's loop.
void server::state::take(accepted_socket found) {
  if (found.socket < 0) return accept_failed(found.failure);
  const std::uint64_t open = around.counters.open.load(std::memory_order_relaxed);
  const std::uint32_t of_address = around.addresses.enter(found.remote);
  const std::uint64_t allowed = around.limits.connections_per_address;
  // Some beyond the limit are told so; more only cost.
  if (open >= around.limits.connections || of_address > allowed + allowed / 10 + 16) {
    count(around.counters.refused);
    around.addresses.leave(found.remote);
    ::close(found.socket);
    return;
  }
  count(around.counters.accepted);
  count(around.counters.open);
  const std::shared_ptr<shard>& home = shards[next_shard++ % shards.size()];
  const bool over = of_address > allowed;
  if (home == shards.front()) {
    home->adopt(found.socket, found.is_v6, std::move(found.remote), std::move(found.tls), over);
    return;
  }
  home->loop().post([home, found = std::move(found), over] {
    home->adopt(found.socket, found.is_v6, found.remote, found.tls, over);
  });
}

void server::drain(std::chrono::milliseconds within, env::task done) {
  state& my = *state_;
  env::loop& logic = *my.around.logic;
  // A second time only shortens the first: both are told.
  if (my.drained) {
    done = [first = std::exchange(my.drained, nullptr), second = std::move(done)] {
      first();
      second();
    };
    for (const env::timer_id timer : {my.drain_check, my.drain_force, my.drain_end}) {
      logic.cancel(timer);
    }
  }
  my.drained = std::move(done);
  my.shards.front()->loop().post([&my] {
    for (const auto& one : my.listeners) one->stop();
  });
  const std::int64_t spread = reconnect_spread_ms(my.around.counters.sockets.load());
  my.for_each_shard([spread](shard& one) { one.drain(spread); });
  // The last fifth of the time is for those whose calls take too long, or who do not close.
  my.drain_force = logic.after(
      within * 4 / 5, [&my] { my.for_each_shard([](shard& one) { one.close_all(false); }); });
  my.drain_end = logic.after(within, [&my] {
    my.for_each_shard([](shard& one) { one.close_all(true); });
    my.end_drain();
  });
  my.check_drained();
}

void server::state::check_drained() {
  if (around.counters.open.load() == 0) return end_drain();
  drain_check = around.logic->after(drain_look, [this] { check_drained(); });
}

void server::state::end_drain() {
  for (env::timer_id* timer : {&drain_check, &drain_force, &drain_end}) {
    around.logic->cancel(*timer);
    *timer = 0;
  }
  if (drained) std::exchange(drained, nullptr)();
}

void server::stop() {
  state& my = *state_;
  if (my.stopped) return;
  my.stopped = true;
  my.drained = nullptr;
  my.end_drain();
  for (const auto& one : my.threads) one->stop();
  my.looks_at_certificates.reset(); // hands over to listeners
  my.listeners.clear();
  for (const auto& one : my.shards) one->shut_down();
}

const struct counters& server::counters() const {
  return state_->around.counters;
}

void server::answer(dispatch::connection_id to, std::uint64_t exchange, dispatch::outcome what) {
  state_->with(to, [exchange, what = std::move(what)](connection& found) mutable {
    found.speaks()->answered(exchange, std::move(what));
  });
}

void server::authenticated(dispatch::connection_id to, dispatch::session_ptr who,
                           std::optional<dispatch::error> why_not) {
  state_->with(to, [who = std::move(who), why_not = std::move(why_not)](connection& found) mutable {
    found.speaks()->authenticated(std::move(who), std::move(why_not));
  });
}

void server::publish(std::string_view topic, std::int64_t number, dispatch::payload event,
                     std::string_view latest) {
  if (state_->stopped) return;
  count(state_->around.counters.events_published);
  // Encoded here, once; each shard shares the frame and the name.
  const auto name = std::make_shared<const std::string>(topic);
  event_frame what{number, make_text(*event), nullptr};
  if (!latest.empty()) what.latest = std::make_shared<const std::string>(latest);
  for (const auto& one : state_->shards) {
    one->loop().post([one, name, what] { one->topics().publish(*name, what); });
  }
}

void server::send(dispatch::connection_id to, dispatch::payload text) {
  state_->with(to, [text = std::move(text)](connection& found) {
    if (found.speaks()->listening()) found.home().deliver(found, make_text(*text));
  });
}

void server::follow(dispatch::connection_id who, std::string_view topic, std::int64_t after,
                    bool hold) {
  state_->with(who, [name = std::string(topic), after, hold](connection& found) {
    if (found.speaks()->listening()) {
      found.home().topics().follow_topic(found, name, after, hold);
    }
  });
}

void server::replay(dispatch::connection_id who, std::string_view topic,
                    std::vector<std::pair<std::int64_t, dispatch::payload>> events, bool last) {
  state_->with(who,
               [name = std::string(topic), events = std::move(events), last](connection& found) {
                 std::vector<event_frame> frames;
                 frames.reserve(events.size());
                 for (const auto& [number, event] : events)
                   frames.push_back({number, make_text(*event), nullptr});
                 found.home().topics().replay(found, name, frames, last);
               });
}

void server::unfollow(dispatch::connection_id who, std::string_view topic) {
  state_->with(who, [name = std::string(topic)](connection& found) {
    found.home().topics().unfollow(found, name);
  });
}

void server::when_read(dispatch::connection_id who, std::function<void()> then) {
  state_->with(who, [then = std::move(then)](connection& found) mutable {
    found.home().when_read(found, std::move(then));
  });
}

void server::close(dispatch::connection_id who, std::uint16_t code, std::string_view reason) {
  state_->with(who, [code, why = std::string(reason)](connection& found) {
    found.speaks()->close(code, why);
  });
}

std::string server::metrics() const {
  struct line {
    const char* name;
    const char* type;
    const char* help;
    const counter& value;
  };
  const struct counters& c = counters();
  const line lines[] = {
      {"connections_accepted_total", "counter", "Connections accepted.", c.accepted},
      {"connections_refused_total", "counter", "Connections refused by a limit.", c.refused},
      {"connections_open", "gauge", "Connections that are open.", c.open},
      {"sockets_open", "gauge", "WebSockets that are open.", c.sockets},
      {"accept_failures_total", "counter", "Times that accepting failed.", c.accept_failures},
      {"http_requests_total", "counter", "HTTP requests read.", c.http_requests},
      {"frames_received_total", "counter", "WebSocket messages read.", c.frames_in},
      {"frames_sent_total", "counter", "WebSocket messages queued for sending.", c.frames_out},
      {"bytes_received_total", "counter", "Bytes read, after TLS.", c.bytes_in},
      {"bytes_sent_total", "counter", "Bytes written, before TLS.", c.bytes_out},
      {"writes_total", "counter", "System calls that wrote.", c.writes},
      {"calls_total", "counter", "Method calls handed to the logic.", c.calls},
      {"events_published_total", "counter", "Events published to topics.", c.events_published},
      {"ephemeral_merged_total", "counter", "Ephemeral events that a later one has replaced.",
       c.ephemeral_merged},
      {"ephemeral_dropped_total", "counter", "Ephemeral events left out.", c.ephemeral_dropped},
      {"unfinished_bytes", "gauge", "Of requests and frames that have not ended, as limited.",
       c.unfinished_bytes},
      {"slow_readers_closed_total", "counter", "Connections closed as too slow.", c.slow_closed},
      {"timeouts_total", "counter", "Connections closed by a time limit.", c.timed_out},
  };
  std::string out;
  for (const line& one : lines) {
    const std::string name = std::string("parley_net_") + one.name;
    out += "# HELP " + name + " " + one.help + "\n# TYPE " + name + " " + one.type + "\n" + name +
           " " + std::to_string(one.value.load(std::memory_order_relaxed)) + "\n";
  }
  return out;
}

} // namespace parley::net
