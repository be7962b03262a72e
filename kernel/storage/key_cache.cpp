#include "storage/key_cache.hpp"

#include <sodium.h>

namespace parley::storage {

data_key::data_key(const key_id& named, std::string_view whose, secret key)
    : id(named), id_text(to_text(named)), subject(whose), bytes(std::move(key)), cipher(bytes) {}

std::string to_text(const key_id& id) {
  char hex[2 * sizeof(key_id) + 1];
  return sodium_bin2hex(hex, sizeof hex, id.data(), id.size());
}

bool read_key_id(std::string_view text, key_id& out) {
  std::size_t size = 0;
  return text.size() == 2 * out.size() &&
         sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size,
                        nullptr) == 0 &&
         size == out.size();
}

data_key_ptr key_cache::by_subject(std::string_view subject) const {
  const auto found = by_subject_.find(subject);
  return found == by_subject_.end() ? nullptr : found->second->key;
}

data_key_ptr key_cache::by_id(const key_id& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second->key;
}

void key_cache::put(const data_key_ptr& key) {
  forget(key->subject);
  if (by_age_.size() == most_) remove(by_age_.begin());
  by_age_.push_back({key, clock_.steady_ns() + std::chrono::nanoseconds(kept_for_).count()});
  const place at = std::prev(by_age_.end());
  by_subject_[key->subject] = at;
  by_id_[key->id] = at;
  if (by_age_.size() == 1) watch();
}

void key_cache::forget(std::string_view subject) {
  const auto found = by_subject_.find(subject);
  if (found != by_subject_.end()) remove(found->second);
}

void key_cache::remove(place which) {
  by_subject_.erase(which->key->subject);
  by_id_.erase(which->key->id);
  by_age_.erase(which);
}

void key_cache::expire() {
  const std::int64_t now = clock_.steady_ns();
  while (!by_age_.empty() && by_age_.front().until_ns <= now) remove(by_age_.begin());
  if (!by_age_.empty()) watch();
}

void key_cache::watch() {
  logic_.cancel(timer_);
  const std::int64_t left = by_age_.front().until_ns - clock_.steady_ns();
  timer_ = logic_.after(std::chrono::milliseconds(left / 1'000'000 + 1), [this] { expire(); });
}

} // namespace parley::storage
