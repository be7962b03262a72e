#pragma once

// The last numbers of topics, so that who comes back is not looked up in the store topic by topic.
// It holds as long as every event of the store is announced here: on a store of one node.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace parley::dispatch {

class head_cache {
 public:
  // Those used last stay: at least `most` of them, at most twice as many.
  explicit head_cache(std::size_t most = 65'536) : most_(most) {}

  std::optional<std::int64_t> find(std::string_view topic);
  // The store is about to be asked; what is announced until it answers counts.
  void ask(std::string_view topic);
  void answer(std::string_view topic, std::int64_t head);
  void announced(std::string_view topic, std::int64_t number);
  // What is in the store is not known any more.
  void clear();

 private:
  struct entry {
    std::int64_t head = 0;
    bool is_known = false;
  };
  struct hashed {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using entries = std::unordered_map<std::string, entry, hashed, std::equal_to<>>;

  entry* look_up(std::string_view topic);
  entry& keep(std::string topic, entry what);

  std::size_t most_;
  entries recent_, before_; // a full one takes the other's place
};

} // namespace parley::dispatch
