#pragma once

// Objects by 64-bit handles that carry a generation: a handle whose object has ended finds nothing.
// 0 is never a handle. `bits` of the handle are left to the caller, in its lowest part.

#include <cstdint>
#include <memory>
#include <vector>

namespace parley::dispatch {

template <typename T, unsigned bits = 0>
class slot_table {
 public:
  using handle = std::uint64_t;

  handle insert(std::unique_ptr<T> object) {
    std::uint32_t index = 0;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    slots_[index].object = std::move(object);
    return (handle{slots_[index].generation} << (bits + index_bits)) | (handle{index} << bits);
  }

  T* find(handle h) const {
    const slot* s = at(h);
    return s ? s->object.get() : nullptr;
  }

  std::unique_ptr<T> take(handle h) {
    slot* s = const_cast<slot*>(at(h));
    if (!s) return nullptr;
    if (++s->generation > generation_mask) s->generation = 1;
    free_.push_back(static_cast<std::uint32_t>((h >> bits) & index_mask));
    return std::move(s->object);
  }

  std::size_t size() const { return slots_.size() - free_.size(); }

  template <typename F>
  void each(F&& visit) const {
    for (const slot& s : slots_)
      if (s.object) visit(*s.object);
  }

 private:
  static constexpr unsigned index_bits = 20;
  static constexpr handle index_mask = (handle{1} << index_bits) - 1;
  static constexpr handle generation_mask = (handle{1} << (64 - bits - index_bits)) - 1;

  struct slot {
    std::unique_ptr<T> object;
    handle generation = 1;
  };

  const slot* at(handle h) const {
    const auto index = (h >> bits) & index_mask;
    if (index >= slots_.size()) return nullptr;
    const slot& s = slots_[index];
    return s.object && s.generation == h >> (bits + index_bits) ? &s : nullptr;
  }

  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
};

} // namespace parley::dispatch
