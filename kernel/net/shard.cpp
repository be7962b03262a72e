#include "net/shard.hpp"

#include "env/memory.hpp"
#include "net/frame.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace parley::net {

namespace {

constexpr std::size_t spare_queues = 256;
constexpr std::size_t frames_kept = 1'024; // a spare queue that grew beyond is given back
// Time limits are looked at in pieces. Thousands that were opened together run out together, and to
// end them in one turn would hold up everybody else.
constexpr std::size_t looks_a_piece = 1'024, ends_a_piece = 16;
constexpr std::chrono::milliseconds between_pieces{3};
constexpr std::size_t crowd = 1'000; // so many gone leave memory that is worth to be given back
constexpr std::uint64_t much_unfinished = 8U << 20;

} // namespace

shard::shard(std::shared_ptr<surroundings> around, std::uint16_t index, env::real_loop& loop)
    : around_(std::move(around)),
      index_(index),
      loop_(loop),
      topics_(*this, around_->limits.queue_bytes) {}

// Waits that were cancelled still hold the shard; they find no connection.
void shard::shut_down() {
  loop_.forget_turn_end(turn_);
  loop_.cancel(sweeping_);
  for_each([this](connection& one) { topics_.forget(one); });
  when_read_.clear();
  connections_.clear();
  dirty_.clear();
  dead_.clear();
  to_logic_.clear();
  registry_.reset();
}

void shard::begin() {
  turn_ = loop_.on_turn_end([this] { end_turn(); });
  sweeping_ = loop_.after(around_->sweep, [this] { sweep(); });
}

void shard::adopt(int socket, bool is_v6, std::string remote,
                  std::shared_ptr<const tls_context> tls, bool over_limit) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  tcp_socket taken(loop_.context().get_executor());
  boost::system::error_code failed;
  taken.assign(is_v6 ? boost::asio::ip::tcp::v6() : boost::asio::ip::tcp::v4(), socket, failed);
  if (failed) {
    ::close(socket);
    around_->addresses.leave(remote);
    uncount(around_->counters.open);
    return;
  }
  const dispatch::connection_id id =
      static_cast<std::uint64_t>(index_) << 48 | (++last_connection_ & 0xffff'ffff'ffffULL);
  auto made =
      std::make_unique<connection>(*this, id, std::move(taken), std::move(remote), over_limit);
  connection& added = *made;
  connections_.emplace(id, std::move(made));
  added.start(tls.get());
  if (draining_ && added.speaks() != nullptr) added.speaks()->drain(0);
}

connection* shard::find(dispatch::connection_id id) {
  const auto found = connections_.find(id);
  return found == connections_.end() || found->second->dead() ? nullptr : found->second.get();
}

void shard::for_each(const std::function<void(connection&)>& what) {
  for (const auto& [id, one] : connections_) {
    if (!one->dead()) what(*one);
  }
}

std::uint64_t shard::random_below(std::uint64_t bound) {
  std::uint64_t drawn = 0;
  around_->random->fill(std::as_writable_bytes(std::span(&drawn, 1)));
  return bound == 0 ? 0 : drawn % bound;
}

std::string shard::request_id(dispatch::connection_id connection, std::uint64_t exchange) const {
  return around_->boot + '-' + std::to_string(connection) + '-' + std::to_string(exchange);
}

void shard::deliver(connection& to, const event_frame& what) {
  if (what.number != 0) return deliver(to, what.bytes);
  if (to.finishing() || to.dead() || to.in_background()) return;
  if (what.latest && to.drop_stale(*what.latest)) {
    count(around_->counters.ephemeral_merged);
  } else if (to.queued_bytes() > around_->limits.queue_bytes / 2) {
    count(around_->counters.ephemeral_dropped);
    return;
  }
  put(to, what.bytes, what.latest);
}

void shard::deliver(connection& to, const payload& frame) {
  if (to.finishing() || to.dead()) return;
  const std::size_t limit = around_->limits.queue_bytes;
  if (to.queued_bytes() > limit) to.flush(); // a burst within one turn is no slow reader yet
  if (to.dead()) return;
  // What waits is counted before this one: a reply may be bigger than the limit by itself.
  if (to.queued_bytes() > limit) return held_too_much(to);
  put(to, frame, nullptr);
}

void shard::put(connection& to, const payload& frame, const payload& latest) {
  const bool deflated = frame->size() > around_->limits.deflate_above_bytes &&
                        to.takes_deflated(frame->size()) && is_text(*frame);
  to.queue(deflated ? deflater_.deflate(frame) : frame, latest);
  count(around_->counters.frames_out);
}

void shard::held_too_much(connection& who) {
  if (who.finishing() || who.dead()) return;
  count(around_->counters.slow_closed);
  who.drop_unsent();
  who.speaks()->close(close_code::too_slow, "Events came faster than they were read.");
}

void shard::when_read(connection& who, env::task then) {
  who.flush();
  if (who.dead()) return;
  if (is_little(who))
    to_logic(std::move(then));
  else
    when_read_[&who].push_back(std::move(then));
}

void shard::has_read(const connection& who) {
  if (when_read_.empty() || !is_little(who)) return;
  auto waiting = when_read_.extract(&who);
  if (waiting.empty()) return;
  for (env::task& each : waiting.mapped()) to_logic(std::move(each));
}

bool shard::is_little(const connection& who) const {
  return who.queued_bytes() <= around_->limits.queue_bytes / 4;
}

std::unique_ptr<outbound> shard::lend_queue() {
  if (spare_.empty()) return std::make_unique<outbound>();
  auto lent = std::move(spare_.back());
  spare_.pop_back();
  return lent;
}

void shard::return_queue(std::unique_ptr<outbound> queue) {
  if (spare_.size() >= spare_queues || queue->frames.capacity() > frames_kept) return;
  queue->frames.clear();
  queue->head = queue->offset = queue->bytes = 0;
  spare_.push_back(std::move(queue));
}

// Replies and events of the whole turn leave here, one write a connection.
void shard::end_turn() {
  while (!dirty_.empty()) {
    flushing_.swap(dirty_);
    for (connection* const one : flushing_) {
      if (!one->dead()) one->flush();
    }
    flushing_.clear();
  }
  for (std::size_t i = 0; i < dead_.size(); ++i) {
    connection* const gone = dead_[i];
    topics_.forget(*gone);
    when_read_.erase(gone);
    around_->addresses.leave(gone->remote());
    uncount(around_->counters.open);
    connections_.erase(gone->id());
  }
  dead_.clear();
  deflater_.forget();
  hand_over();
}

void shard::hand_over() {
  if (to_logic_.empty()) return;
  around_->logic->post([batch = std::move(to_logic_)] {
    for (const env::task& one : batch) one();
  });
  to_logic_ = {};
}

// The allocator keeps what is freed, which after a crowd or much that was sent is a lot.
void shard::give_memory_back() {
  const std::uint64_t unfinished =
      around_->counters.unfinished_bytes.load(std::memory_order_relaxed);
  most_connections_ = std::max(most_connections_, connections_.size());
  most_unfinished_ = std::max(most_unfinished_, unfinished);
  if (most_connections_ < 2 * connections_.size() + crowd &&
      most_unfinished_ < 2 * unfinished + much_unfinished)
    return;
  most_connections_ = connections_.size();
  most_unfinished_ = unfinished;
  env::give_memory_back();
}

void shard::sweep() {
  give_memory_back();
  swept_.clear();
  swept_.reserve(connections_.size());
  for (const auto& [id, one] : connections_) swept_.push_back(id);
  sweep_piece();
}

void shard::sweep_piece() {
  const std::int64_t now = now_ns();
  std::size_t looks = 0, ends = 0;
  while (!swept_.empty() && looks++ < looks_a_piece && ends < ends_a_piece) {
    connection* const one = find(swept_.back());
    swept_.pop_back();
    if (one == nullptr) continue;
    const bool was_finishing = one->finishing();
    one->tick(now);
    if (one->dead() || one->finishing() != was_finishing) ++ends;
  }
  if (swept_.empty()) {
    sweeping_ = loop_.after(around_->sweep, [this] { sweep(); });
  } else {
    sweeping_ = loop_.after(between_pieces, [this] { sweep_piece(); });
  }
}

void shard::drain(std::int64_t spread_ms) {
  draining_ = true;
  for_each([this, spread_ms](connection& one) {
    if (one.finishing()) return;
    if (one.speaks() == nullptr) return one.abort(); // still in its TLS handshake
    const std::uint64_t drawn = random_below(static_cast<std::uint64_t>(spread_ms) + 1);
    one.speaks()->drain(static_cast<std::int64_t>(drawn));
  });
}

void shard::close_all(bool at_once) {
  for_each([at_once](connection& one) {
    if (one.speaks() == nullptr) return one.abort();
    if (!one.finishing()) one.speaks()->close(close_code::draining, "The server is going away.");
    if (!at_once) return;
    one.flush(); // what the socket still takes
    one.abort();
  });
}

} // namespace parley::net
