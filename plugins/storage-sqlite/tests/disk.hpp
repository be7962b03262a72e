#pragma once

// A disk that loses power, breaks and fills up: a VFS of SQLite over the real one. While it lives
// it is the default one. Files hold what a program would read back; beside them the disk knows what
// was synced, and what survives when the power goes.

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace parley::storage_sqlite {

class disk {
 public:
  enum class fault { io_error, full, read_only };

  explicit disk(std::uint64_t seed);
  ~disk(); // with no file open
  disk(const disk&) = delete;
  disk& operator=(const disk&) = delete;

  // From the change (a file made or deleted, a write, sync or truncation) after so many more on,
  // nothing happens any more.
  void cut_after(std::uint64_t changes);
  void cut() { cut_after(0); }
  bool is_off() const;
  // With no file open: they are as they are after a power cut. Of what was not synced, writes are
  // there, torn or gone; so are files that were made or deleted since their folder was synced.
  void power_on();

  // Reports every sync done, and does none.
  void lie_about_syncs() { lies_ = true; }

  // The change, or the read, after so many more fails, and `times` of them in all.
  void fail_change(std::uint64_t after, fault how, std::uint64_t times = 1);
  void fail_read(std::uint64_t after);
  // From now on until `mend`, whatever would change something fails.
  void fail_changes(fault how) { fail_change(0, how, ~std::uint64_t{0}); }
  void mend();
  // All files together cannot grow beyond this.
  void limit(std::uint64_t bytes);

  std::uint64_t changes() const; // so far
  std::uint64_t reads() const;
  bool has_failed() const; // since the fault was asked for

 private:
  friend struct disk_calls;
  struct change {
    std::int64_t at = 0; // -1: a truncation to `size`
    std::int64_t size = 0;
    std::string data;
  };
  struct file {
    std::string synced;
    std::vector<change> pending;
    std::int64_t size = 0; // as it is read back
  };
  using folder = std::map<std::string, std::shared_ptr<file>>;

  // With the mutex held. What a change is answered with; SQLITE_OK: it may happen.
  int before_change(int how_it_breaks);
  std::string survivor(const file& from);
  void tear(std::string& to, const change& what);
  std::uint64_t used() const;

  sqlite3_vfs vfs_{};
  sqlite3_vfs* real_;
  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  folder now_, synced_; // names as they are read back, and as they are on the disk
  bool lies_ = false;
  std::uint64_t changes_ = 0, reads_ = 0;
  std::uint64_t cut_at_ = ~std::uint64_t{0};
  std::uint64_t fail_from_ = ~std::uint64_t{0}, fail_left_ = 0, fail_read_at_ = ~std::uint64_t{0};
  fault fault_ = fault::io_error;
  bool has_failed_ = false;
  std::uint64_t limit_ = ~std::uint64_t{0};
};

} // namespace parley::storage_sqlite
