#include "net/connection.hpp"

#include "net/http_session.hpp"
#include "net/shard.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <utility>

namespace parley::net {

namespace {

constexpr std::size_t pieces_a_write = 256; // well below IOV_MAX
// Not counted: whoever only talks needs no more, and gets on while others fill the memory.
constexpr std::size_t free_to_hold = 16'384;

} // namespace

connection::connection(shard& home, dispatch::connection_id id, tcp_socket socket,
                       std::string remote, bool over_limit)
    : home_(home),
      id_(id),
      socket_(std::move(socket)),
      transport_(socket_.native_handle()),
      remote_(std::move(remote)),
      over_limit_(over_limit) {}

connection::~connection() {
  hold(0);
}

void connection::start(const tls_context* tls) {
  if (tls != nullptr) {
    if (!transport_.secure(*tls)) return abort();
    handshaking_ = true;
    deadline_ns_ = home_.now_ns() + home_.around().limits.handshake_seconds * 1'000'000'000LL;
  } else {
    protocol_ = std::make_unique<http_session>(*this);
  }
  wait_readable();
}

void connection::become(std::unique_ptr<protocol> next) {
  replaced_ = std::move(protocol_);
  protocol_ = std::move(next);
}

// The handlers know the connection by its id: it may be gone when they run.
void connection::wait_readable() {
  if (reading_ || dead_ || input_ended_) return;
  reading_ = true;
  socket_.async_wait(tcp_socket::wait_read,
                     [home = home_.shared_from_this(), id = id_](boost::system::error_code) {
                       connection* const me = home->find(id);
                       if (me != nullptr) me->readable();
                     });
}

void connection::wait_writable() {
  if (writing_ || dead_) return;
  writing_ = true;
  socket_.async_wait(tcp_socket::wait_write,
                     [home = home_.shared_from_this(), id = id_](boost::system::error_code) {
                       connection* const me = home->find(id);
                       if (me == nullptr) return;
                       me->writing_ = false;
                       if (me->handshaking_) {
                         me->handshake();
                       } else {
                         me->flush();
                       }
                     });
}

void connection::readable() {
  reading_ = false;
  if (dead_) return;
  if (handshaking_) return handshake();
  const io_result result = transport_.read(home_.buffer());
  switch (result.status) {
    case io_status::done:
      count(home_.around().counters.bytes_in, result.bytes);
      if (!finishing_) input(home_.buffer().first(result.bytes));
      break;
    case io_status::ended:
      input_ended();
      return;
    case io_status::failed:
      return abort();
    default:
      break;
  }
  if (!dead_ && (finishing_ || protocol_->wants_input())) wait_readable();
}

void connection::handshake() {
  switch (transport_.handshake()) {
    case io_status::done:
      handshaking_ = false;
      protocol_ = std::make_unique<http_session>(*this);
      return wait_readable();
    case io_status::wait_read:
      return wait_readable();
    case io_status::wait_write:
      return wait_writable();
    default:
      return abort();
  }
}

void connection::input(std::span<char> bytes) {
  protocol_->receive(bytes);
  replaced_.reset();
}

void connection::input_ended() {
  input_ended_ = true;
  if (!finishing_) return protocol_->end_of_input();
  if (send_ended_) abort(); // otherwise what is queued goes out first
}

void connection::continue_reading() {
  if (!dead_ && (finishing_ || protocol_->wants_input())) wait_readable();
}

bool connection::hold(std::size_t bytes) {
  const std::size_t counted = bytes - std::min(bytes, free_to_hold);
  const std::size_t before = std::exchange(held_, counted);
  counter& all = home_.around().counters.unfinished_bytes;
  if (counted <= before) {
    if (counted < before) all.fetch_sub(before - counted, std::memory_order_relaxed);
    return true;
  }
  const std::uint64_t grown = counted - before;
  return all.fetch_add(grown, std::memory_order_relaxed) + grown <=
         home_.around().limits.unfinished_bytes;
}

void connection::queue(payload bytes, payload latest) {
  if (dead_ || finishing_) return;
  if (!queue_) queue_ = home_.lend_queue();
  queue_->bytes += bytes->size();
  queue_->frames.push_back({std::move(bytes), std::move(latest)});
  if (dirty_) return;
  dirty_ = true;
  home_.mark_dirty(*this);
}

void connection::flush() {
  dirty_ = false;
  if (writing_) return;
  while (!dead_ && queue_ && write_some()) {
  }
  if (dead_ || queue_) return;
  if (finishing_) {
    end_sending();
  } else if (protocol_) {
    protocol_->sent_all();
  }
}

// False where it must wait, or has failed.
bool connection::write_some() {
  std::array<iovec, pieces_a_write> pieces;
  std::size_t used = 0, total = 0;
  for (std::size_t i = queue_->head; i < queue_->frames.size() && used < pieces_a_write; ++i) {
    const std::string& frame = *queue_->frames[i].bytes;
    const std::size_t skip = i == queue_->head ? queue_->offset : 0;
    pieces[used++] = {const_cast<char*>(frame.data()) + skip, frame.size() - skip};
    total += frame.size() - skip;
  }
  const io_result result = transport_.write(std::span(pieces).first(used), home_.staging());
  count(home_.around().counters.writes);
  if (result.status == io_status::done) {
    sent(result.bytes);
    if (result.bytes == total || transport_.is_secure()) return true;
    wait_writable();
  } else if (result.status == io_status::wait_write || result.status == io_status::wait_read) {
    wait_writable();
  } else {
    abort();
  }
  return false;
}

void connection::sent(std::size_t bytes) {
  count(home_.around().counters.bytes_out, bytes);
  queue_->bytes -= bytes;
  if (finishing_) extend_closing(); // the time to close counts from the last that was taken
  bytes += queue_->offset;
  while (queue_->head < queue_->frames.size() &&
         bytes >= queue_->frames[queue_->head].bytes->size()) {
    bytes -= queue_->frames[queue_->head].bytes->size();
    queue_->frames[queue_->head++] = {};
  }
  queue_->offset = bytes;
  if (queue_->head == queue_->frames.size()) home_.return_queue(std::move(queue_));
  home_.has_read(*this);
}

// Those before it have begun to go out; `covered`: what is left of them.
std::size_t connection::first_unsent(std::size_t& covered) const {
  const std::size_t committed = transport_.committed();
  std::size_t at = queue_->head;
  covered = 0;
  while (at < queue_->frames.size() &&
         (covered < committed || (at == queue_->head && queue_->offset > 0))) {
    const std::size_t skip = at == queue_->head ? queue_->offset : 0;
    covered += queue_->frames[at++].bytes->size() - skip;
  }
  return at;
}

bool connection::drop_stale(const std::string& latest) {
  if (!writing_ || !queue_) return false; // it goes out at the end of this turn
  std::size_t covered = 0;
  auto& frames = queue_->frames;
  const auto unsent = frames.begin() + static_cast<std::ptrdiff_t>(first_unsent(covered));
  const auto stale = std::find_if(unsent, frames.end(), [&latest](const queued_frame& each) {
    return each.latest && *each.latest == latest;
  });
  if (stale == frames.end()) return false;
  queue_->bytes -= stale->bytes->size();
  frames.erase(stale);
  return true;
}

void connection::drop_unsent() {
  if (!queue_) return;
  std::size_t covered = 0;
  queue_->frames.resize(first_unsent(covered));
  queue_->bytes = covered;
  if (queue_->head == queue_->frames.size()) home_.return_queue(std::move(queue_));
}

void connection::finish() {
  if (dead_ || finishing_) return;
  finishing_ = true;
  extend_closing();
  if (!dirty_) {
    dirty_ = true;
    home_.mark_dirty(*this);
  }
  // Until the client closes as well: otherwise the kernel resets, and what was sent last is lost.
  wait_readable();
}

void connection::extend_closing() {
  deadline_ns_ = home_.now_ns() + home_.around().limits.close_seconds * 1'000'000'000LL;
}

void connection::end_sending() {
  if (send_ended_) return;
  send_ended_ = true;
  transport_.shutdown_send();
  if (input_ended_) abort();
}

void connection::abort() {
  if (dead_) return;
  dead_ = true;
  home_.bury(*this);
}

void connection::tick(std::int64_t now_ns) {
  if (dead_) return;
  replaced_.reset();
  if (!handshaking_ && !finishing_) return protocol_->tick(now_ns);
  if (now_ns < deadline_ns_) return;
  count(home_.around().counters.timed_out);
  abort();
}

} // namespace parley::net
