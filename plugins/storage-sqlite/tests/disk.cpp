#include "disk.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <utility>

namespace parley::storage_sqlite {

namespace {

constexpr std::uint64_t never = ~std::uint64_t{0};
constexpr std::int64_t sector = 512;

} // namespace

// What SQLite calls. The real file follows each of these in memory.
struct disk_calls {
  struct open_file {
    sqlite3_file base;
    disk* on;
    std::shared_ptr<disk::file>* is; // null: a temporary file, which needs not survive
    bool syncs_its_folder;           // at its first sync, as the unix VFS does for a new log
  };
  using lock = std::scoped_lock<std::mutex>;

  static disk& of(sqlite3_vfs* vfs) { return *static_cast<disk*>(vfs->pAppData); }
  static open_file& mine(sqlite3_file* of) { return *reinterpret_cast<open_file*>(of); }
  static sqlite3_file* real(sqlite3_file* of) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<open_file*>(of) + 1);
  }

  static int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* to, int flags, int* out) {
    disk& on = of(vfs);
    const lock held(on.mutex_);
    to->pMethods = nullptr;
    const bool is_kept = name != nullptr && (flags & SQLITE_OPEN_DELETEONCLOSE) == 0;
    const bool is_there = name != nullptr && std::filesystem::exists(name);
    if (is_kept && !is_there && (flags & SQLITE_OPEN_CREATE) != 0) {
      if (const int code = on.before_change(SQLITE_CANTOPEN); code != SQLITE_OK) return code;
    }
    if (on.changes_ >= on.cut_at_) return SQLITE_CANTOPEN;
    const int code = on.real_->xOpen(on.real_, name, real(to), flags, out);
    if (code != SQLITE_OK) return code;
    open_file& made = *new (to) open_file{{&methods}, &on, nullptr, false};
    if (!is_kept) return SQLITE_OK;
    auto& known = on.now_[name];
    if (!known) {
      known = std::make_shared<disk::file>();
      if (is_there) { // it was here before the disk was
        std::ifstream from(name, std::ios::binary);
        known->synced.assign(std::istreambuf_iterator<char>(from), {});
        known->size = static_cast<std::int64_t>(known->synced.size());
        on.synced_[name] = known;
      }
    }
    made.is = new std::shared_ptr<disk::file>(known);
    made.syncs_its_folder = (flags & SQLITE_OPEN_CREATE) != 0 &&
                            (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    disk& on = of(vfs);
    const lock held(on.mutex_);
    if (const int code = on.before_change(SQLITE_IOERR_DELETE); code != SQLITE_OK) return code;
    const int code = on.real_->xDelete(on.real_, name, 0);
    if (code != SQLITE_OK) return code;
    on.now_.erase(name);
    if (sync_folder != 0 && !on.lies_) on.synced_ = on.now_;
    return SQLITE_OK;
  }

  static int close(sqlite3_file* of) {
    open_file& it = mine(of);
    delete it.is;
    it.is = nullptr;
    return real(of)->pMethods->xClose(real(of));
  }

  static int read(sqlite3_file* of, void* to, int count, sqlite3_int64 at) {
    disk& on = *mine(of).on;
    {
      const lock held(on.mutex_);
      if (on.changes_ >= on.cut_at_) return SQLITE_IOERR_READ;
      if (on.reads_++ == on.fail_read_at_) {
        on.has_failed_ = true;
        return SQLITE_IOERR_READ;
      }
    }
    return real(of)->pMethods->xRead(real(of), to, count, at);
  }

  static int write(sqlite3_file* of, const void* from, int count, sqlite3_int64 at) {
    open_file& it = mine(of);
    if (it.is == nullptr) return real(of)->pMethods->xWrite(real(of), from, count, at);
    disk& on = *it.on;
    disk::file& file = **it.is;
    const lock held(on.mutex_);
    if (on.changes_ >= on.cut_at_) return SQLITE_IOERR_WRITE;
    int code = on.before_change(SQLITE_IOERR_WRITE);
    const std::int64_t more = at + count - file.size;
    if (code == SQLITE_OK && more > 0 && on.used() + static_cast<std::uint64_t>(more) > on.limit_)
      code = SQLITE_FULL;
    // One that fails may have come half the way.
    if (code != SQLITE_OK) count = static_cast<int>(on.random_() % 2) * count / 2;
    if (count == 0) return code;
    const int written = real(of)->pMethods->xWrite(real(of), from, count, at);
    file.pending.push_back(
        {at, 0, std::string(static_cast<const char*>(from), static_cast<std::size_t>(count))});
    file.size = std::max<std::int64_t>(file.size, at + count);
    return code != SQLITE_OK ? code : written;
  }

  static int truncate(sqlite3_file* of, sqlite3_int64 size) {
    open_file& it = mine(of);
    if (it.is == nullptr) return real(of)->pMethods->xTruncate(real(of), size);
    disk& on = *it.on;
    const lock held(on.mutex_);
    if (const int code = on.before_change(SQLITE_IOERR_TRUNCATE); code != SQLITE_OK) return code;
    (*it.is)->pending.push_back({-1, size, {}});
    (*it.is)->size = size;
    return real(of)->pMethods->xTruncate(real(of), size);
  }

  static void apply(std::string& to, const disk::change& what) {
    if (what.at < 0) return to.resize(static_cast<std::size_t>(what.size));
    const auto at = static_cast<std::size_t>(what.at);
    if (to.size() < at + what.data.size()) to.resize(at + what.data.size());
    to.replace(at, what.data.size(), what.data);
  }

  static int sync(sqlite3_file* of, int) {
    open_file& it = mine(of);
    if (it.is == nullptr) return SQLITE_OK;
    disk& on = *it.on;
    disk::file& file = **it.is;
    const lock held(on.mutex_);
    const bool was_off = on.changes_ >= on.cut_at_;
    const int code = on.before_change(SQLITE_IOERR_FSYNC);
    if (code != SQLITE_OK && !was_off) {
      // What the kernel does then: the pages count as written, and are never tried again.
      for (const disk::change& each : std::exchange(file.pending, {})) {
        if (on.random_() % 2 == 0) apply(file.synced, each);
      }
    }
    if (code != SQLITE_OK || on.lies_) return code;
    for (const disk::change& each : file.pending) apply(file.synced, each);
    file.pending.clear();
    if (std::exchange(it.syncs_its_folder, false)) on.synced_ = on.now_;
    return SQLITE_OK;
  }

  static int size(sqlite3_file* of, sqlite3_int64* out) {
    return real(of)->pMethods->xFileSize(real(of), out);
  }
  static int take_lock(sqlite3_file* of, int kind) {
    return real(of)->pMethods->xLock(real(of), kind);
  }
  static int unlock(sqlite3_file* of, int kind) {
    return real(of)->pMethods->xUnlock(real(of), kind);
  }
  static int check_lock(sqlite3_file* of, int* out) {
    return real(of)->pMethods->xCheckReservedLock(real(of), out);
  }
  static int control(sqlite3_file* of, int what, void* with) {
    return real(of)->pMethods->xFileControl(real(of), what, with);
  }
  static int sector_size(sqlite3_file* of) { return real(of)->pMethods->xSectorSize(real(of)); }
  static int traits(sqlite3_file* of) {
    return real(of)->pMethods->xDeviceCharacteristics(real(of));
  }
  // Memory that connections share: it need not survive.
  static int map_shared(sqlite3_file* of, int at, int size, int extend, void volatile** out) {
    return real(of)->pMethods->xShmMap(real(of), at, size, extend, out);
  }
  static int lock_shared(sqlite3_file* of, int at, int count, int flags) {
    return real(of)->pMethods->xShmLock(real(of), at, count, flags);
  }
  static void order_shared(sqlite3_file* of) { real(of)->pMethods->xShmBarrier(real(of)); }
  static int unmap_shared(sqlite3_file* of, int erase) {
    return real(of)->pMethods->xShmUnmap(real(of), erase);
  }

  static const sqlite3_io_methods methods;
};

const sqlite3_io_methods disk_calls::methods = {
    2, // no memory mapping
    close,      read,        write,        truncate,     sync,        size,
    take_lock,  unlock,      check_lock,   control,      sector_size, traits,
    map_shared, lock_shared, order_shared, unmap_shared, nullptr,     nullptr};

disk::disk(std::uint64_t seed) : real_(sqlite3_vfs_find(nullptr)), random_(seed) {
  vfs_ = *real_;
  vfs_.pNext = nullptr;
  vfs_.zName = "parley-test-disk";
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(disk_calls::open_file)) + real_->szOsFile;
  vfs_.xOpen = disk_calls::open;
  vfs_.xDelete = disk_calls::remove;
  // The rest works on names, and finds its own state in the one that it is called with.
  vfs_.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* out) {
    sqlite3_vfs* real = disk_calls::of(vfs).real_;
    return real->xAccess(real, name, flags, out);
  };
  vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int size, char* out) {
    sqlite3_vfs* real = disk_calls::of(vfs).real_;
    return real->xFullPathname(real, name, size, out);
  };
  sqlite3_vfs_register(&vfs_, 1);
}

disk::~disk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
}

void disk::cut_after(std::uint64_t changes) {
  const std::scoped_lock held(mutex_);
  cut_at_ = changes_ + changes;
}

bool disk::is_off() const {
  const std::scoped_lock held(mutex_);
  return changes_ >= cut_at_;
}

void disk::fail_change(std::uint64_t after, fault how, std::uint64_t times) {
  const std::scoped_lock held(mutex_);
  fail_from_ = changes_ + after;
  fail_left_ = times;
  fault_ = how;
  has_failed_ = false;
}

void disk::fail_read(std::uint64_t after) {
  const std::scoped_lock held(mutex_);
  fail_read_at_ = reads_ + after;
  has_failed_ = false;
}

void disk::mend() {
  const std::scoped_lock held(mutex_);
  fail_from_ = fail_read_at_ = limit_ = never;
  fail_left_ = 0;
}

void disk::limit(std::uint64_t bytes) {
  const std::scoped_lock held(mutex_);
  limit_ = bytes;
}

std::uint64_t disk::changes() const {
  const std::scoped_lock held(mutex_);
  return changes_;
}

std::uint64_t disk::reads() const {
  const std::scoped_lock held(mutex_);
  return reads_;
}

bool disk::has_failed() const {
  const std::scoped_lock held(mutex_);
  return has_failed_;
}

int disk::before_change(int how_it_breaks) {
  if (changes_ >= cut_at_) return how_it_breaks;
  const std::uint64_t at = changes_++;
  if (at < fail_from_ || fail_left_ == 0) return SQLITE_OK;
  --fail_left_;
  has_failed_ = true;
  return fault_ == fault::full && how_it_breaks == SQLITE_IOERR_WRITE ? SQLITE_FULL : how_it_breaks;
}

std::uint64_t disk::used() const {
  std::uint64_t all = 0;
  for (const auto& [name, each] : now_) all += static_cast<std::uint64_t>(each->size);
  return all;
}

// Each sector of a write for itself: there, gone, or noise.
void disk::tear(std::string& to, const change& what) {
  const auto size = static_cast<std::int64_t>(what.data.size());
  for (std::int64_t at = 0; at < size;) {
    const std::int64_t end = std::min(size, ((what.at + at) / sector + 1) * sector - what.at);
    const auto length = static_cast<std::size_t>(end - at);
    std::string data = what.data.substr(static_cast<std::size_t>(at), length);
    if (random_() % 16 == 0) data.assign(length, static_cast<char>(random_()));
    if (random_() % 2 == 0) disk_calls::apply(to, {what.at + at, 0, std::move(data)});
    at = end;
  }
}

std::string disk::survivor(const file& from) {
  std::string out = from.synced;
  const std::uint64_t all = from.pending.size();
  const std::uint64_t firsts[] = {0, all, random_() % (all + 1), 0};
  const std::uint64_t how = random_() % 4; // none, all, the first of them, some and torn
  for (std::uint64_t i = 0; i < all; ++i) {
    const change& each = from.pending[i];
    const std::uint64_t luck = how == 3 ? random_() % 4 : 0;
    if (i < firsts[how] || luck == 1)
      disk_calls::apply(out, each);
    else if (luck == 2 && each.at >= 0)
      tear(out, each);
  }
  return out;
}

void disk::power_on() {
  const std::scoped_lock held(mutex_);
  folder left;
  for (const auto& [name, each] : now_) {
    const auto on_disk = synced_.find(name);
    if ((on_disk != synced_.end() && on_disk->second == each) || random_() % 2 == 0)
      left[name] = each;
    else if (on_disk != synced_.end())
      left[name] = on_disk->second;
  }
  for (const auto& [name, each] : synced_) {
    if (!now_.contains(name) && random_() % 2 == 0) left[name] = each;
  }
  for (const auto& [name, each] : now_) std::filesystem::remove(name);
  for (const auto& [name, each] : left) {
    each->synced = survivor(*each);
    each->pending.clear();
    each->size = static_cast<std::int64_t>(each->synced.size());
    std::ofstream(name, std::ios::binary | std::ios::trunc) << each->synced;
  }
  now_ = synced_ = left;
  cut_at_ = fail_from_ = fail_read_at_ = limit_ = never;
  fail_left_ = 0;
}

} // namespace parley::storage_sqlite
