#pragma once

// The master keys in use, and how all data keys come to be wrapped by the first of them: a few at a
// time, while they are used. What a crash leaves undone the next start does.

#include "storage/engine.hpp"
#include "storage/master_keys.hpp"

namespace parley::storage {

// What a wrapped data key is bound to, so that nobody can exchange two of them.
std::string bound_to(std::string_view subject, std::string_view id);

class key_rotation {
 public:
  using writer = std::function<void(std::unique_ptr<batch>, engine::committed)>;
  // `write` outlives it.
  key_rotation(engine& store, const writer& write, master_keys keys, nonces& fresh)
      : store_(store), write_(write), keys_(std::move(keys)), nonces_(fresh) {}

  const master_keys& keys() const { return keys_; }
  // Of a record of kernel.data_keys.
  std::optional<secret> unwrap(const boost::json::object& record, failure& why) const;

  // Whether each data key can be unwrapped by one of the keys.
  void check(engine::opened done);
  // In the background.
  void go_on();
  // With other keys, if these pass the check.
  void rotate(master_keys next, engine::rotated done);

 private:
  // Ids of master keys by which something is wrapped, from the next after this one on.
  void check_after(const std::string& master, const master_keys& by, engine::opened done);
  void run_after(const std::string& master);
  void wrap_some();
  void wrap(const std::vector<boost::json::object>& records, bool more);
  void end(const failure& why);

  engine& store_;
  const writer& write_;
  master_keys keys_;
  nonces& nonces_;
  // Of the rotation under way.
  engine::rotated done_; // empty: there is none
  std::string from_;     // the master key whose data keys it is at
  std::string last_;     // the subject of the last of them
  std::uint64_t wrapped_ = 0;
};

} // namespace parley::storage
