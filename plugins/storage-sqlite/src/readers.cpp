#include "readers.hpp"

#include "replies.hpp"
#include "snapshot.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace parley::storage_sqlite {

readers::readers(settings with) : settings_(std::move(with)) {
  for (std::uint32_t i = 0; i < settings_.readers; ++i) {
    threads_.emplace_back([this] { run(); });
  }
}

readers::~readers() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& each : threads_) each.join();
}

void readers::open(std::shared_ptr<const layout> known) {
  const std::scoped_lock lock(mutex_);
  layout_ = std::move(known);
}

void readers::close() {
  std::unique_lock lock(mutex_);
  quiet_.wait(lock, [this] { return asked_.empty(); });
  layout_ = nullptr;
  work_.notify_all();
  quiet_.wait(lock, [this] { return busy_ == 0; });
}

void readers::ask(read_request what) {
  {
    const std::scoped_lock lock(mutex_);
    asked_.push_back(std::move(what));
  }
  work_.notify_one();
}

// A fair share of what waits, so that other threads find work as well.
std::vector<read_request> readers::take() {
  const std::size_t share = std::clamp<std::size_t>(asked_.size() / settings_.readers, 1, 64);
  const auto count = static_cast<std::ptrdiff_t>(std::min(share, asked_.size()));
  std::vector<read_request> out(asked_.begin(), asked_.begin() + count);
  asked_.erase(asked_.begin(), asked_.begin() + count);
  return out;
}

void readers::run() {
  std::optional<snapshot> file;
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] {
      return stopping_ || !asked_.empty() || (file.has_value() && layout_ == nullptr);
    });
    if (asked_.empty() && stopping_) return;
    if (!file.has_value()) ++busy_;
    const std::vector<read_request> mine = take();
    const std::shared_ptr<const layout> known = layout_;
    lock.unlock();
    std::string why = known == nullptr ? "the store is not open" : "";
    if (known == nullptr) {
      file.reset();
    } else if (!file.has_value() || file->known() != known) {
      file.emplace(settings_, known, why);
    }
    if (why.empty() && !mine.empty()) file->answer(mine);
    if (!why.empty()) file.reset();
    for (const read_request& each : mine) {
      if (!why.empty()) reply(each.done, each.user, PARLEY_E_UNAVAILABLE, why);
    }
    lock.lock();
    if (!file.has_value()) --busy_;
    quiet_.notify_all();
  }
}

} // namespace parley::storage_sqlite
