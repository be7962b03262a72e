#pragma once

// parley.storage_driver/1 over one SQLite file.

#include "dumper.hpp"
#include "readers.hpp"
#include "settings.hpp"
#include "writer.hpp"

namespace parley::storage_sqlite {

class driver {
 public:
  explicit driver(const settings& with);
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;

  const parley_storage_driver& face() const { return face_; }

 private:
  readers readers_;
  dumper dumper_;
  writer writer_; // ends first: it closes what the others have open
  parley_storage_driver face_{};
};

} // namespace parley::storage_sqlite
