#include "signals.hpp"

#include <boost/asio/signal_set.hpp>

#include <csignal>

namespace parley {

struct signals::state : std::enable_shared_from_this<state> {
  state(env::real_loop& loop, std::function<void()> what)
      : caught(loop.context(), SIGTERM, SIGINT), end(std::move(what)) {}

  void wait() {
    caught.async_wait([self = shared_from_this()](const boost::system::error_code& failed, int) {
      if (failed) return;
      self->end();
      self->wait();
    });
  }

  boost::asio::signal_set caught;
  std::function<void()> end;
};

signals::signals(env::real_loop& loop, std::function<void()> end)
    : state_(std::make_shared<state>(loop, std::move(end))) {
  std::signal(SIGPIPE, SIG_IGN);
  state_->wait();
}

signals::~signals() {
  state_->caught.cancel();
}

} // namespace parley
