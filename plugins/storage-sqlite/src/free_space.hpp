#pragma once

// Gives pages that hold nothing any more back to the file system, some at a time, while nobody
// waits for the writer.

#include "settings.hpp"
#include "sqlite.hpp"

namespace parley::storage_sqlite {

class free_space {
 public:
  free_space(database& file, const settings& with) : file_(file), settings_(with) {}

  // Whether the file can be made smaller without writing it anew: files of earlier versions cannot.
  std::string prepare();
  // Cuts off some milliseconds' worth. False where there is no more to give back.
  bool give_back();

 private:
  database& file_;
  const settings& settings_;
  statement count_;
  bool is_able_ = false;
};

} // namespace parley::storage_sqlite
