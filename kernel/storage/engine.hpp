#pragma once

// The collections model over one driver: records (JSON objects) become rows of typed cells, queries
// and batches are checked against what the manifests declare, results become records again.
// Everything here is called, and calls back, on the logic loop. Fields that are sealed are sealed
// and opened here: a plugin knows their values, a driver their bytes (docs/adr/0009).

#include "storage/limits.hpp"

#include "parley/draft/storage_driver.h"

#include <boost/json.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::env {
class clock;
class loop;
class random;
} // namespace parley::env

namespace parley::observe {
class metrics;
}

namespace parley::storage {

struct data_key;
class master_key;
using master_keys = std::vector<std::shared_ptr<const master_key>>; // the first wraps what is new

enum class column_type { text, integer, boolean, number, json };

// How a field is encrypted: with the key of the subject that another field of the record names.
struct sealed_by {
  std::string key;     // that field, a text that every record has
  std::string subject; // what comes before its value: "account:"
  bool lookup = false; // whether it is found by equality

  bool operator==(const sealed_by&) const = default;
};

struct column {
  std::string name;
  column_type type = column_type::text;
  bool required = false;
  boost::json::value fallback{}; // what an absent value stands for; null: nothing
  std::optional<sealed_by> sealed{};
  std::shared_ptr<const data_key> lookup_key{}; // where it is looked up; the engine's to fill in
};

// A sealed field of an event.
struct sealed_member {
  std::string name;
  sealed_by how;
};

struct index {
  std::string name;
  std::vector<std::string> columns;
  bool unique = false;
};

struct collection {
  std::string name; // "plugin.collection"
  std::uint32_t version = 1;
  std::vector<std::string> key;
  std::vector<column> columns; // key columns included, in any order
  std::vector<index> indexes;
  // Full text: fields whose words are found, and those by whose value a search may be narrowed.
  std::vector<std::string> search_on{}, search_by{};
  std::string expires{}; // a field that holds a time: see storage/expiry.hpp; empty: none
};

// A collection as one version of its plugin declared it: while that drains beside a newer one, each
// reads and writes the fields that it knows.
struct collection_ref {
  std::string_view name;
  std::uint32_t version = 0; // 0: the newest

  template <std::convertible_to<std::string_view> Text>
  collection_ref(const Text& of, std::uint32_t at = 0) : name(of), version(at) {}
};

// How far a collection is: rows that were looked at.
struct migration_progress {
  std::string collection;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

// Why a batch carries a condition: decides what the caller is told when it fails.
// `data_key`: the engine's own, that the key of a sealed field is still in the store.
enum class condition_reason { batch, permission, idempotency, data_key };

enum class status {
  ok,
  invalid,      // the plugin's mistake
  invalid_text, // of a search: the mistake of whoever typed it, and the sentence is for them
  conflict,
  unavailable,
  damaged // what is stored is not what was written
};

struct failure {
  status code = status::ok;
  std::string message; // for the log; for the plugin's author where invalid
};

struct commit_result {
  failure why;
  condition_reason failed = condition_reason::batch;               // where conflict
  std::vector<std::pair<std::string, std::int64_t>> first_numbers; // topic → number
  std::uint32_t batch = 0;                                         // whose stand-ins they fill in
};

struct log_entry {
  std::int64_t number = 0;
  std::string event; // empty: void
  std::string data;  // JSON text
  std::string at;
};

struct topic_entry {
  std::string topic;
  log_entry event;
};

// An integer below this one is a stand-in for a number that the commit will give (see `next`).
inline constexpr std::int64_t stand_in_limit = -(std::int64_t{1} << 62);

// Replaces a batch's stand-ins in a value by the numbers of its commit.
void fill_in(boost::json::value& value, const commit_result& numbers);
bool holds_stand_in(const boost::json::value& value);
// A copy with some number in the place of each: for checks of what a value is.
boost::json::value with_numbers(boost::json::value value);

// A place in a batch to go back to.
struct batch_mark {
  std::size_t operations = 0;
  std::vector<std::uint32_t> events; // appended, by topic
  failure broken;
};

class batch {
 public:
  virtual ~batch() = default;
  // Each gives what is wrong with its arguments (unknown collection, missing key, wrong type).
  virtual failure put(collection_ref collection, const boost::json::object& record) = 0;
  virtual failure patch(collection_ref collection, const boost::json::array& key,
                        const boost::json::object& fields) = 0;
  virtual failure increment(collection_ref collection, const boost::json::array& key,
                            std::string_view field, std::int64_t by) = 0;
  virtual failure erase(collection_ref collection, const boost::json::array& key) = 0;
  virtual failure require(collection_ref collection, const boost::json::array& key, bool exists,
                          const boost::json::object& equals, condition_reason reason) = 0;
  // The log holds the members that `sealed` names encrypted; their values hold no stand-in.
  virtual failure append(std::string_view topic, std::string_view event,
                         const boost::json::value& data, std::string_view at,
                         const std::vector<sealed_member>& sealed = {}) = 0;
  // The topic's event of that number becomes a void, if it has that name; another stays as it is.
  virtual failure make_void(std::string_view topic, std::int64_t number,
                            std::string_view event) = 0;
  virtual std::int64_t next(std::string_view topic) = 0;

  virtual batch_mark mark() const = 0;
  // Takes out what was written since, what was wrong with it included.
  virtual void back_to(const batch_mark& where) = 0;
};

// What a read does about what is sealed. `left`: fields are absent and an event's data stand as
// they are stored; no key is asked for, and what was tampered with is no fault.
enum class sealed_data { opened, left };

struct query {
  std::string index; // empty: the key
  boost::json::array prefix;
  std::optional<boost::json::value> lower, upper; // of the component after the prefix
  bool lower_exclusive = false, upper_exclusive = false;
  bool reverse = false;
  bool may_lag = false; // what was committed a moment ago may be missing
  std::uint32_t limit = 100;
  sealed_data sealed = sealed_data::opened;
};

// Records that records of another collection lead to, by a field that is their key.
struct through_query {
  std::string field; // of the other collection, a text
  std::string index; // of the other collection; empty: its key
  boost::json::array prefix;
  std::string order;         // a field of the records that are given
  boost::json::array beyond; // order and key of the last of the page before; empty: from the first
  bool reverse = false;
  bool may_lag = false; // as in query
  std::uint32_t limit = 100;
};

// Records with one of these texts in `by`, a field of `search_by`, and with at least the number
// that is beside it in `from`, an integer field.
struct search_ranges {
  std::string by, from;
  std::vector<std::pair<std::string, std::int64_t>> ranges; // at most 1000
};

struct search_query {
  std::string text;          // see terms_of in storage/words.hpp
  bool unfinished = false;   // the last word is still being typed
  boost::json::object where; // fields of `search_by` and their values
  std::optional<search_ranges> within;
  bool may_lag = false;     // as in query
  std::uint32_t limit = 20; // at most 100
  std::uint32_t skip = 0;   // at most 1000
};

struct search_hit {
  boost::json::object record;
  boost::json::array snippets; // [{field, pieces: [{text, hit}, …]}, …], where it was found
};

class engine {
 public:
  virtual ~engine() = default;

  using opened = std::function<void(failure)>;
  using got = std::function<void(failure, std::optional<boost::json::object>)>;
  using ranged = std::function<void(failure, std::vector<boost::json::object>, bool more)>;
  using committed = std::function<void(const commit_result&)>;
  using searched = std::function<void(failure, std::vector<search_hit>, bool more)>;
  using log_read = std::function<void(failure, std::vector<log_entry>, bool more)>;
  using logs_read = std::function<void(failure, std::vector<topic_entry>, bool more)>;
  using scrubbed = std::function<void(failure, bool is_clean)>;
  using trimmed = std::function<void(failure, bool more)>;
  using heads_read = std::function<void(failure, std::vector<std::int64_t>)>;
  using rotated = std::function<void(failure, std::uint64_t data_keys)>;

  // Opens the store and widens it for what the plugins declare, with progress in the log.
  virtual void open(std::vector<collection> collections, opened done) = 0;
  // For a new version of a plugin, while the old one writes. Only ever more: what cannot be is
  // refused with a sentence, and then nothing has changed. A collection that is stored as declared
  // costs nothing. A failure on the way (a full disk, a crash) loses nothing: asked again it goes
  // on. `progress` may be empty; it is not called once `done` was.
  virtual void widen(std::vector<collection> of_one_plugin,
                     std::function<void(const migration_progress&)> progress, opened done) = 0;
  virtual std::unique_ptr<batch> begin() = 0;
  // Applied in the order of the calls. The batch is not used afterwards.
  virtual void commit(std::unique_ptr<batch> what, committed done) = 0;
  // Records are built in `arena`.
  virtual void get(collection_ref collection, const boost::json::array& key,
                   boost::json::storage_ptr arena, got done) = 0;
  virtual void range(collection_ref collection, const query& what, boost::json::storage_ptr arena,
                     ranged done) = 0;
  // Of `collection`, through `by`.
  virtual void through(collection_ref collection, collection_ref by, const through_query& what,
                       boost::json::storage_ptr arena, ranged done) = 0;
  // The best first; records and snippets are built in `arena`.
  virtual void search(collection_ref collection, const search_query& what,
                      boost::json::storage_ptr arena, searched done) = 0;
  virtual void read_log(std::string_view topic, std::int64_t after, std::uint32_t limit,
                        log_read done) = 0;
  // Events of all topics, behind number `after` of `topic`, or from the first where that is empty.
  virtual void read_logs(std::string_view topic, std::int64_t after, std::uint32_t limit,
                         sealed_data sealed, logs_read done) = 0;
  // What is gone goes from the files of the store as well. False: this store leaves that to others.
  virtual void scrub(scrubbed done) = 0;
  virtual void heads(std::vector<std::string> topics, heads_read done) = 0;
  // Erases at most `limit` entries older than `before`; `more`: there may be others.
  virtual void trim_log(std::string_view before, std::uint32_t limit, trimmed done) = 0;
  // Whatever was sealed with the key of the subject ("account:ID" for a person) is absent from then
  // on, on every server: at once here, within `limits::data_key_seconds` on others. Nothing happens
  // where there is none.
  virtual void erase_key(std::string_view subject, opened done) = 0;
  // Wraps all data keys by the first of these master keys, while the store is in use. Refused, with
  // nothing changed, where a data key is wrapped by a key that is not among them.
  virtual void rotate_keys(master_keys next, rotated done) = 0;
  virtual void close(opened done) = 0;
};

// What sealed fields take. All of it but the keys outlives the engine.
struct sealing {
  env::clock& clock;
  env::random& random;
  observe::metrics& metrics;
  master_keys keys; // at least one
};

// `driver` outlives the engine. Without `seals` a plugin that seals fields is refused.
std::unique_ptr<engine> make_engine(env::loop& logic, const parley_storage_driver& driver,
                                    const limits& bounds = {}, std::optional<sealing> seals = {});

} // namespace parley::storage
