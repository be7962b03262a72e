#pragma once

// The data keys of sealed fields: one a subject, in the collection `kernel.data_keys`, wrapped by a
// master key. Made when first needed; erased, all that was sealed with it is gone. On the logic
// loop.

#include "storage/engine.hpp"
#include "storage/key_cache.hpp"
#include "storage/key_rotation.hpp"

#include <deque>
#include <set>

namespace parley::storage {

inline constexpr std::string_view data_keys_name = "kernel.data_keys";
collection data_keys_collection();

class data_keys {
 public:
  using found = std::function<void(const failure&, data_key_ptr)>;
  // `write` commits at once, past batches that wait for keys.
  using writer = std::function<void(std::unique_ptr<batch>, engine::committed)>;

  data_keys(engine& store, env::loop& logic, writer write, sealing with, const limits& bounds);

  // Refuses where the store holds data keys that none of the master keys has wrapped. Wraps those
  // anew, from then on, that are not wrapped by the first.
  void start(engine::opened done);

  // These call back at once where the key is in memory.
  // Made where there is none.
  void of_subject(std::string_view subject, found then);
  // nullptr without a failure: it was erased.
  void by_id(const key_id& id, found then);
  data_key_ptr cached(const key_id& id) const { return cache_.by_id(id); }
  // It may be another one by now.
  void forget(std::string_view subject) { cache_.forget(subject); }

  void erase(std::string_view subject, engine::opened done);
  // Takes the master keys, unless the store holds data keys that none of them has wrapped, and
  // wraps all data keys by the first.
  void rotate(master_keys next, engine::rotated done);

  nonces& fresh() { return nonces_; }

 private:
  void look_up(const std::string& subject);
  void make(const std::string& subject);
  void tell(const std::string& subject, const failure& why, const data_key_ptr& key,
            std::uint64_t era);
  void keep(const data_key_ptr& key, std::uint64_t era);
  void find(const key_id& id);
  data_key_ptr read(const boost::json::object& record, failure& why);

  engine& store_;
  const writer write_;
  const sealing with_;
  nonces nonces_;
  key_cache cache_;
  key_rotation rotation_;
  std::map<std::string, std::vector<found>, std::less<>> asked_; // by subject
  std::map<key_id, std::vector<found>> asked_by_id_;
  std::uint64_t erasures_ = 0; // so far
  // While a key is erased: what waits until it was.
  std::map<std::string, std::vector<std::function<void()>>, std::less<>> erasing_;
};

} // namespace parley::storage
