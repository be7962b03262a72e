#pragma once

// Data keys as they are in memory, unwrapped: so many at most, and each for so long, since another
// server may have erased it.

#include "storage/aead.hpp"

#include "env/env.hpp"

#include <array>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace parley::storage {

using key_id = std::array<unsigned char, 16>; // random

struct data_key {
  key_id id{};
  std::string id_text; // 32 hexadecimal digits
  std::string subject; // whose it is: "account:0192…"
  secret bytes;
  aes_gcm cipher;

  data_key(const key_id& named, std::string_view whose, secret key);
};
using data_key_ptr = std::shared_ptr<const data_key>;

// 32 hexadecimal digits, and back. False: it is something else.
std::string to_text(const key_id& id);
bool read_key_id(std::string_view text, key_id& out);

class key_cache {
 public:
  key_cache(env::loop& logic, const env::clock& clock, std::size_t most,
            std::chrono::seconds kept_for)
      : logic_(logic), clock_(clock), most_(most), kept_for_(kept_for) {}
  ~key_cache() { logic_.cancel(timer_); }
  key_cache(const key_cache&) = delete;
  key_cache& operator=(const key_cache&) = delete;

  data_key_ptr by_subject(std::string_view subject) const;
  data_key_ptr by_id(const key_id& id) const;
  // In place of one of the same subject.
  void put(const data_key_ptr& key);
  void forget(std::string_view subject);
  std::size_t size() const { return by_age_.size(); }

 private:
  struct entry {
    data_key_ptr key;
    std::int64_t until_ns;
  };
  using place = std::list<entry>::iterator;

  void remove(place which);
  void expire();
  void watch(); // the oldest

  env::loop& logic_;
  const env::clock& clock_;
  const std::size_t most_;
  const std::chrono::seconds kept_for_;
  std::list<entry> by_age_;                      // the oldest first
  std::map<std::string_view, place> by_subject_; // views of the keys' own
  std::map<key_id, place> by_id_;
  env::timer_id timer_{};
};

} // namespace parley::storage
