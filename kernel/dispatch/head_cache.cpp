#include "dispatch/head_cache.hpp"

#include <algorithm>
#include <utility>

namespace parley::dispatch {

std::optional<std::int64_t> head_cache::find(std::string_view topic) {
  const entry* const found = look_up(topic);
  if (found == nullptr || !found->is_known) return std::nullopt;
  return found->head;
}

void head_cache::ask(std::string_view topic) {
  if (look_up(topic) == nullptr) keep(std::string(topic), {});
}

void head_cache::answer(std::string_view topic, std::int64_t head) {
  entry* const found = look_up(topic);
  if (found == nullptr) return; // forgotten meanwhile, with what was announced
  found->head = std::max(found->head, head);
  found->is_known = true;
}

void head_cache::announced(std::string_view topic, std::int64_t number) {
  entry* const found = look_up(topic);
  if (found != nullptr) found->head = std::max(found->head, number);
}

void head_cache::clear() {
  recent_.clear();
  before_.clear();
}

head_cache::entry* head_cache::look_up(std::string_view topic) {
  if (const auto found = recent_.find(topic); found != recent_.end()) return &found->second;
  const auto older = before_.find(topic);
  if (older == before_.end()) return nullptr;
  const entry what = older->second;
  before_.erase(older);
  return &keep(std::string(topic), what);
}

head_cache::entry& head_cache::keep(std::string topic, entry what) {
  if (recent_.size() >= most_) before_ = std::exchange(recent_, {});
  return recent_[std::move(topic)] = what;
}

} // namespace parley::dispatch
