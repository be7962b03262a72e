#pragma once

// Timers by due time, without a clock of their own: both loops keep theirs in one.

#include "env/env.hpp"

#include <iterator>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace parley::env {

class timer_queue {
 public:
  timer_id add(std::int64_t due_ns, task work) {
    const timer_id id = ++last_;
    due_.emplace(id, due_ns);
    waiting_.emplace(std::pair(due_ns, id), std::move(work));
    return id;
  }

  void cancel(timer_id id) {
    const auto found = due_.find(id);
    if (found == due_.end()) return;
    waiting_.erase({found->second, id});
    due_.erase(found);
  }

  std::optional<std::int64_t> next_due() const {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.begin()->first.first;
  }

  // The earliest one that is due, or nothing.
  std::optional<task> take_due(std::int64_t now_ns) {
    return take_due(now_ns, [](std::size_t) { return std::size_t{0}; });
  }
  // `pick(n)` chooses among those that are due at the same time, whose order nobody promised.
  template <typename Pick>
  std::optional<task> take_due(std::int64_t now_ns, Pick pick) {
    if (waiting_.empty() || waiting_.begin()->first.first > now_ns) return std::nullopt;
    const auto end = waiting_.lower_bound({waiting_.begin()->first.first + 1, 0});
    const auto together = static_cast<std::size_t>(std::distance(waiting_.begin(), end));
    auto node =
        waiting_.extract(std::next(waiting_.begin(), static_cast<std::ptrdiff_t>(pick(together))));
    due_.erase(node.key().second);
    return std::move(node.mapped());
  }

 private:
  timer_id last_ = 0;
  std::map<std::pair<std::int64_t, timer_id>, task> waiting_;
  std::unordered_map<timer_id, std::int64_t> due_;
};

} // namespace parley::env
