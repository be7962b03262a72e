#pragma once

// Applies batches to an open file, many in one transaction.

#include "layout.hpp"
#include "statements.hpp"

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace parley::storage_sqlite {

struct commit_request {
  const parley_driver_batch* batch = nullptr;
  parley_driver_committed done = nullptr;
  void* user = nullptr;
};

class group {
 public:
  group(database& file, const layout& known);

  std::string prepare(); // an error, or nothing

  // Writes them in one transaction and tells each, in order, once that is on disk.
  void commit(const std::vector<commit_request>& batches);
  // At most `limit` entries of the log that are older than `before`. The SQLite result code.
  int trim(std::string_view before, std::uint32_t limit);

 private:
  enum class verdict { applied, refused, broken };
  struct outcome {
    parley_status status = PARLEY_OK;
    std::uint32_t failed_op = 0;
    std::size_t numbers = 0; // where in numbers_ those of its topics begin
    std::string error;
  };
  // What is known of a topic: as on disk, and with what this transaction adds.
  struct topic {
    const std::string* name = nullptr;
    std::int64_t id = 0; // 0: not in the file yet
    std::int64_t head = 0;
    bool changed = false;
  };
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  bool write_all(const std::vector<commit_request>& batches);
  verdict one(const parley_driver_batch& batch, outcome& out);
  verdict check(const parley_driver_batch& batch, outcome& out);
  verdict write(const parley_driver_batch& batch, outcome& out);
  verdict apply(const parley_driver_op& op, outcome& out);
  verdict append(const parley_driver_op& op);
  verdict make_void(const parley_driver_op& op);
  verdict skip(const parley_driver_op& op);
  verdict refuse(outcome& out, parley_status status, std::string why);
  bool find_topics(const parley_driver_batch& batch);
  topic* find(std::string_view name);
  void keep_heads();
  bool write_heads();
  void abandon();
  void bind(statement& to, int at, const parley_cell& cell);
  int bind_all(statement& to, int at, const parley_cell* cells, std::uint32_t count);
  std::int64_t number(parley_next which) const;

  database& file_;
  const layout& layout_;
  statements statements_;
  statement begin_, commit_, savepoint_, release_, rollback_to_;
  statement find_topic_, write_topic_, append_, void_, trim_;

  std::unordered_map<std::string, topic, text_hash, std::equal_to<>> topics_;
  std::vector<topic*> changed_;
  std::int64_t last_topic_id_ = 0;

  // Of the batch at hand.
  std::vector<topic*> batch_topics_;
  std::vector<std::int64_t> appended_;
  // Of the group at hand.
  std::vector<outcome> outcomes_;
  std::vector<std::int64_t> numbers_;
  std::string scratch_;
};

} // namespace parley::storage_sqlite
