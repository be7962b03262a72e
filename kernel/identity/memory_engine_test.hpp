#pragma once

// A store in memory for the tests of this folder: complete enough for its collections, answers when
// the loop next runs, and can be told to fail.

#include "env/virtual.hpp"
#include "storage/engine.hpp"

#include <algorithm>
#include <map>

namespace parley::identity {

class memory_engine final : public storage::engine {
 public:
  struct declared {
    std::vector<std::string> key;
    std::map<std::string, std::vector<std::string>, std::less<>> indexes;
    std::string unique; // an index' name, or empty
  };

  explicit memory_engine(env::loop& logic) : logic_(logic) {
    declared_["identity.principals"] = {{"id"}, {{"by_name", {"name"}}}, "by_name"};
    declared_["identity.sessions"] = {
        {"id"}, {{"by_account", {"account", "id"}}, {"by_revoked_at", {"revoked_at", "id"}}}, ""};
    declared_["identity.secrets"] = {{"name"}, {}, ""};
  }

  bool failing = false;
  std::size_t reads = 0;
  std::size_t page = 1000; // the most that a range gives

  std::size_t count(const std::string& collection) const {
    const auto found = records_.find(collection);
    return found == records_.end() ? 0 : found->second.size();
  }

  void open(std::vector<storage::collection>, opened done) override { done({}); }
  void widen(std::vector<storage::collection>,
             std::function<void(const storage::migration_progress&)>, opened done) override {
    done({});
  }
  std::unique_ptr<storage::batch> begin() override { return std::make_unique<writes>(*this); }

  void commit(std::unique_ptr<storage::batch> what, committed done) override {
    logic_.post(
        [this, made = std::shared_ptr<storage::batch>(std::move(what)), done = std::move(done)] {
          storage::commit_result result;
          result.why = failing ? broken() : apply(static_cast<writes&>(*made));
          done(result);
        });
  }

  void get(storage::collection_ref collection, const boost::json::array& key,
           boost::json::storage_ptr, got done) override {
    ++reads;
    logic_.post([this, name = std::string(collection.name), key, done = std::move(done)] {
      if (failing) return done(broken(), std::nullopt);
      const auto& records = records_[name];
      const auto found = records.find(serialize(key));
      if (found == records.end()) return done({}, std::nullopt);
      done({}, found->second);
    });
  }

  void range(storage::collection_ref collection, const storage::query& what,
             boost::json::storage_ptr, ranged done) override {
    ++reads;
    logic_.post([this, name = std::string(collection.name), what, done = std::move(done)] {
      if (failing) return done(broken(), {}, false);
      auto found = matching(name, what);
      const auto limit = std::min<std::size_t>(what.limit, page);
      const bool more = found.size() > limit;
      if (more) found.resize(limit);
      done({}, std::move(found), more);
    });
  }

  void through(storage::collection_ref, storage::collection_ref, const storage::through_query&,
               boost::json::storage_ptr, ranged) override {}
  void search(storage::collection_ref, const storage::search_query&, boost::json::storage_ptr,
              searched) override {}
  void read_log(std::string_view, std::int64_t, std::uint32_t, log_read) override {}
  void heads(std::vector<std::string>, heads_read) override {}
  void read_logs(std::string_view, std::int64_t, std::uint32_t, storage::sealed_data,
                 logs_read) override {}
  void scrub(scrubbed) override {}
  void trim_log(std::string_view, std::uint32_t, trimmed) override {}
  void erase_key(std::string_view, opened done) override { done({}); }
  void rotate_keys(storage::master_keys, rotated) override {}
  void close(opened done) override { done({}); }

 private:
  using object = boost::json::object;
  struct write {
    std::string collection;
    boost::json::array key;
    object fields;
    enum { put, patch, erase, require } what;
    bool exists = false;
  };

  class writes final : public storage::batch {
   public:
    explicit writes(memory_engine& owner) : owner_(owner) {}
    storage::failure put(storage::collection_ref collection, const object& record) override {
      boost::json::array key;
      for (const auto& part : owner_.declared_.at(std::string(collection.name)).key) {
        key.push_back(record.at(part));
      }
      all.push_back({std::string(collection.name), key, record, write::put});
      return {};
    }
    storage::failure patch(storage::collection_ref collection, const boost::json::array& key,
                           const object& fields) override {
      all.push_back({std::string(collection.name), key, fields, write::patch});
      return {};
    }
    storage::failure require(storage::collection_ref collection, const boost::json::array& key,
                             bool exists, const object& equals,
                             storage::condition_reason) override {
      all.push_back({std::string(collection.name), key, equals, write::require, exists});
      return {};
    }
    storage::failure increment(storage::collection_ref, const boost::json::array&, std::string_view,
                               std::int64_t) override {
      return unused();
    }
    storage::failure erase(storage::collection_ref collection,
                           const boost::json::array& key) override {
      all.push_back({std::string(collection.name), key, {}, write::erase});
      return {};
    }
    storage::failure append(std::string_view, std::string_view, const boost::json::value&,
                            std::string_view, const std::vector<storage::sealed_member>&) override {
      return unused();
    }
    storage::failure make_void(std::string_view, std::int64_t, std::string_view) override {
      return unused();
    }
    std::int64_t next(std::string_view) override { return 0; }
    storage::batch_mark mark() const override { return {all.size(), {}, {}}; }
    void back_to(const storage::batch_mark& where) override {
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(where.operations), all.end());
    }

    std::vector<write> all;

   private:
    static storage::failure unused() { return {storage::status::invalid, "not in this store"}; }
    memory_engine& owner_;
  };

  static storage::failure broken() { return {storage::status::unavailable, "the disk is gone"}; }
  static storage::failure conflict() { return {storage::status::conflict, "a condition failed"}; }

  storage::failure apply(const writes& batch) {
    auto after = records_;
    for (const auto& each : batch.all) {
      auto& records = after[each.collection];
      const auto found = records.find(serialize(each.key));
      if (each.what == write::put) {
        if (taken(each, records)) return conflict();
        records[serialize(each.key)] = each.fields;
        continue;
      }
      if (each.what == write::erase) {
        records.erase(serialize(each.key));
        continue;
      }
      if (each.what == write::require && !each.exists) {
        if (found != records.end()) return conflict();
        continue;
      }
      if (found == records.end()) return conflict();
      for (const auto& field : each.fields) {
        if (each.what == write::patch) {
          found->second[field.key()] = field.value();
        } else if (found->second[field.key()] != field.value()) {
          return conflict();
        }
      }
    }
    records_ = std::move(after);
    return {};
  }

  bool taken(const write& each, const std::map<std::string, object>& records) const {
    const auto& rules = declared_.at(each.collection);
    if (rules.unique.empty()) return false;
    const auto& field = rules.indexes.at(rules.unique).front();
    const auto* mine = each.fields.if_contains(field);
    if (!mine) return false;
    return std::any_of(records.begin(), records.end(), [&](const auto& record) {
      const auto* theirs = record.second.if_contains(field);
      return theirs && *theirs == *mine && record.first != serialize(each.key);
    });
  }

  std::vector<object> matching(const std::string& name, const storage::query& what) {
    const auto& rules = declared_.at(name);
    const auto& columns = what.index.empty() ? rules.key : rules.indexes.at(what.index);
    std::map<std::string, object> ordered;
    for (const auto& [id, record] : records_[name]) {
      std::string place;
      bool fits = true;
      for (std::size_t i = 0; i < columns.size() && fits; ++i) {
        const auto* cell = record.if_contains(columns[i]);
        fits = cell && within(*cell, i, what);
        if (fits) place += std::string(cell->as_string()) + '\0';
      }
      if (fits) ordered.emplace(place, record);
    }
    std::vector<object> found;
    for (auto& [place, record] : ordered) found.push_back(record);
    return found;
  }

  static bool within(const boost::json::value& cell, std::size_t at, const storage::query& what) {
    if (at < what.prefix.size()) return cell == what.prefix[at];
    if (at > what.prefix.size()) return true;
    const auto& text = cell.as_string();
    if (what.lower) {
      const auto& bound = what.lower->as_string();
      if (what.lower_exclusive ? text <= bound : text < bound) return false;
    }
    if (what.upper) {
      const auto& bound = what.upper->as_string();
      if (what.upper_exclusive ? text >= bound : text > bound) return false;
    }
    return true;
  }

  env::loop& logic_;
  std::map<std::string, declared> declared_;
  std::map<std::string, std::map<std::string, object>> records_;
};

} // namespace parley::identity
