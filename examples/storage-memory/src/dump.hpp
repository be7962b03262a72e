#pragma once

// A store as it is now, piece by piece.

#include "store.hpp"

namespace storage_memory {

class dump {
 public:
  // Keeps a copy: what is written from now on is not seen.
  dump(const store& of, const parley_driver_dump& how, void* user);
  // Gives the next piece. False: that was all, or enough.
  bool next();
  bool was_stopped() const { return was_stopped_; }

 private:
  struct piece {
    std::int32_t kind = PARLEY_PIECE_ROWS;
    std::string name;
    std::int64_t head = 0;
    std::vector<std::string> columns;
    std::uint32_t key_count = 0;
    std::vector<row> rows;
  };
  void add(const std::string& name, const table& from);
  void add(const std::string& name, const store::topic& from);
  void add_row(row what);

  const parley_driver_take take_;
  void* const user_;
  std::vector<piece> pieces_;
  std::size_t at_ = 0;
  std::uint64_t done_ = 0, total_ = 0;
  bool was_stopped_ = false;
};

} // namespace storage_memory
