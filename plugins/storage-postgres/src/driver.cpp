#include "driver.hpp"

#include <boost/asio/post.hpp>

#include <cstddef>
#include <future>
#include <utility>

namespace parley::storage_postgres {

// A caller of an earlier version has no such field.
template <typename Request>
static bool may_lag(const Request& what) {
  return what.size >= offsetof(Request, may_lag) + sizeof what.may_lag && what.may_lag != 0;
}

// What the C functions hand on to; members are reached through it alone.
driver::driver(settings with)
    : settings_(std::move(with)),
      work_(io_.get_executor()),
      readers_(io_, settings_, purpose::read, settings_.connections - 1),
      searchers_(io_, settings_, purpose::search, settings_.search_connections),
      replicas_(io_, settings_, readers_, searchers_),
      writer_(io_, settings_, readers_, searchers_, replicas_),
      dumper_(settings_) {
  face_.size = sizeof face_;
  face_.self = this;
  face_.open = [](void* self, const parley_collection* collections, std::uint32_t count,
                  parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->dumper_.start();
    static_cast<driver*>(self)->ask(
        write_request(open_request{collections, count, done, user, clock::now()}));
  };
  face_.commit = [](void* self, const parley_driver_batch* batch, parley_driver_committed done,
                    void* user) {
    static_cast<driver*>(self)->ask(write_request(commit_request{batch, done, user, clock::now()}));
  };
  face_.read = [](void* self, const parley_driver_read* read, parley_driver_rows_done done,
                  void* user) {
    static_cast<driver*>(self)->ask(read_request{read, done, user, clock::now(), may_lag(*read)});
  };
  face_.read_log = [](void* self, const parley_driver_log_read* read, parley_driver_rows_done done,
                      void* user) {
    static_cast<driver*>(self)->ask(read_request{read, done, user, clock::now()});
  };
  face_.read_logs = [](void* self, const parley_driver_log_read* from, parley_driver_rows_done done,
                       void* user) {
    static_cast<driver*>(self)->ask(read_request{logs_query{from}, done, user, clock::now()});
  };
  face_.heads = [](void* self, const parley_str* topics, std::uint32_t count,
                   parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->ask(
        read_request{head_query{topics, count}, done, user, clock::now()});
  };
  face_.trim_log = [](void* self, parley_str before, std::uint32_t limit,
                      parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->ask(
        write_request(trim_request{view(before), limit, done, user, clock::now()}));
  };
  face_.widen = [](void* self, const parley_collection* collections, std::uint32_t count,
                   parley_driver_progress progress, parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->ask(
        write_request(widen_request{collections, count, progress, done, user, clock::now()}));
  };
  face_.dump = [](void* self, const parley_driver_dump* how, parley_driver_rows_done done,
                  void* user) {
    static_cast<driver*>(self)->dumper_.ask({*how, done, user});
  };
  face_.search = [](void* self, const parley_driver_search* what, parley_driver_rows_done done,
                    void* user) {
    static_cast<driver*>(self)->ask(read_request{what, done, user, clock::now(), may_lag(*what)});
  };
  face_.read_through = [](void* self, const parley_driver_through* what,
                          parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->ask(read_request{what, done, user, clock::now(), may_lag(*what)});
  };
  face_.close = [](void* self, parley_driver_rows_done done, void* user) {
    static_cast<driver*>(self)->dumper_.stop();
    static_cast<driver*>(self)->ask(write_request(close_request{done, user, clock::now()}));
  };
  thread_ = std::thread([this] { io_.run(); });
}

// Whoever asked waits for an answer, also where nobody has closed the store.
driver::~driver() {
  std::promise<void> closed;
  face_.close(
      this,
      [](void* user, const parley_driver_rows*) {
        static_cast<std::promise<void>*>(user)->set_value();
      },
      &closed);
  closed.get_future().wait();
  io_.stop();
  thread_.join();
}

// One post for all that comes while the thread is busy.
void driver::ask(request what) {
  bool is_first = false;
  {
    const std::scoped_lock lock(mutex_);
    is_first = asked_.empty();
    asked_.push_back(std::move(what));
  }
  if (is_first) asio::post(io_, [this] { hand_over(); });
}

void driver::hand_over() {
  std::vector<request> all;
  {
    const std::scoped_lock lock(mutex_);
    all.swap(asked_);
  }
  for (request& each : all) {
    if (auto* read = std::get_if<read_request>(&each)) {
      const bool searches = std::holds_alternative<const parley_driver_search*>(read->what);
      if (read->may_lag)
        replicas_.ask(std::move(*read));
      else
        (searches ? searchers_ : readers_).ask(std::move(*read));
    } else {
      writer_.ask(std::move(std::get<write_request>(each)));
    }
  }
}

} // namespace parley::storage_postgres
