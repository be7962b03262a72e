#pragma once

// Collections in memory: by the names of plugins, so that they outlast every version of one.
// Records are JSON objects, kept in the order of their key and of each declared index; they go by
// themselves when their time is over. Everything on the logic loop.

#include "storage/table.hpp"

#include "env/env.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace parley::storage {

class ephemeral_store;

// The values of a key or an index, comparable. Booleans are integers; null comes first.
using ephemeral_parts =
    std::vector<std::variant<std::monostate, std::int64_t, double, std::string>>;

// A place between parts: before or after all that begin with these.
struct ephemeral_bound {
  ephemeral_parts parts;
  bool after = false;
};

struct ephemeral_order_less {
  using is_transparent = void;
  bool operator()(const ephemeral_parts& a, const ephemeral_parts& b) const { return a < b; }
  bool operator()(const ephemeral_parts& a, const ephemeral_bound& b) const;
  bool operator()(const ephemeral_bound& a, const ephemeral_parts& b) const;
};

// One collection, as one version of its plugin declares it.
class ephemeral_collection {
 public:
  struct done {
    failure why;
    bool full = false;  // `limits.ephemeral_mib`, or an integer out of range
    bool found = false; // get, patch: there is one; put: stored; erase: erased
    boost::json::object record;
  };

  done get(const boost::json::array& key, boost::json::storage_ptr in);
  struct page {
    failure why;
    std::vector<boost::json::object> records;
    bool more = false;
  };
  page range(const query& what, boost::json::storage_ptr in);
  done put(const boost::json::object& record, std::int64_t ttl_ms, bool only_if_absent);
  done patch(const boost::json::array& key, const boost::json::object& fields, std::int64_t ttl_ms,
             boost::json::storage_ptr in);
  done increment(const boost::json::array& key, std::string_view field, std::int64_t by,
                 std::int64_t ttl_ms, boost::json::storage_ptr in);
  done erase(const boost::json::array& key);

 private:
  friend class ephemeral_store;

  struct shared;
  struct entry {
    boost::json::object record;
    std::int64_t due_ns = 0; // 0: stays
    std::size_t bytes = 0;
    shared* in = nullptr;
    ephemeral_parts key;
  };
  // Shared by the versions that declare an index on the same fields.
  struct order {
    std::vector<std::string> fields;
    std::vector<column_type> types;
    std::map<ephemeral_parts, entry*, ephemeral_order_less> entries; // the fields, then the key

    ephemeral_parts parts_of(const entry& of) const;
  };
  struct shared {
    std::vector<std::string> key;
    std::map<ephemeral_parts, entry, ephemeral_order_less> entries;
    std::vector<std::shared_ptr<order>> indexes;
  };

  problem key_of(const boost::json::array& key, ephemeral_parts& out) const;
  problem check(const boost::json::object& record) const;
  boost::json::object seen(const entry& from, boost::json::storage_ptr in) const;
  problem bounds_of(const query& what, int index, ephemeral_bound& lower,
                    ephemeral_bound& upper) const;
  done change(entry* old, const ephemeral_parts& key, boost::json::object next, std::int64_t due_ns,
              boost::json::storage_ptr in);
  // Replaces `old`, or inserts. False where there is no room.
  bool write(entry* old, const ephemeral_parts& key, boost::json::object record,
             std::int64_t due_ns);
  entry* find(const ephemeral_parts& key) const;

  ephemeral_store* store_ = nullptr;
  std::shared_ptr<shared> all_;
  std::shared_ptr<const table> as_;
  std::vector<std::shared_ptr<order>> indexes_; // in the order of the declaration
};

class ephemeral_store {
 public:
  ephemeral_store(env::loop& logic, const env::clock& clock, std::size_t most_bytes)
      : logic_(logic), clock_(clock), most_bytes_(most_bytes) {}
  ~ephemeral_store();
  ephemeral_store(const ephemeral_store&) = delete;
  ephemeral_store& operator=(const ephemeral_store&) = delete;

  // Records that are there stay; new indexes are filled. Gives what is wrong, or an empty text: a
  // key is never changed. The collection must not outlive the store.
  problem open(const collection& declared, std::unique_ptr<ephemeral_collection>& out);

  std::size_t bytes() const { return bytes_; }
  std::size_t size() const;

 private:
  friend class ephemeral_collection;
  using entry = ephemeral_collection::entry;

  void expire(); // what is due
  void watch();  // the earliest that will be
  void remove(entry& which);
  std::int64_t due_in(std::int64_t ttl_ms) const {
    return ttl_ms > 0 ? clock_.steady_ns() + ttl_ms * 1'000'000 : 0;
  }

  env::loop& logic_;
  const env::clock& clock_;
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  std::map<std::string, std::shared_ptr<ephemeral_collection::shared>> all_;
  std::set<std::pair<std::int64_t, entry*>> due_;
  env::timer_id timer_ = 0;
  std::int64_t timer_due_ns_ = 0;
};

} // namespace parley::storage
