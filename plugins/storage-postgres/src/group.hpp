#pragma once

// Many batches in one transaction: heads are locked in the order of their names, then the rows that
// conditions and writes name are locked and read; conditions are checked and writes applied, batch
// after batch, in memory; and what came out of it is written with a statement a table. So one that
// is refused costs the others nothing, and the number of statements does not grow with theirs.
//
// It knows what to ask and what to make of the answers; the writer sends.

#include "connection.hpp"
#include "layout.hpp"
#include "rows.hpp"
#include "statements.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace parley::storage_postgres {

struct commit_request {
  const parley_driver_batch* batch = nullptr;
  parley_driver_committed done = nullptr;
  void* user = nullptr;
  clock::time_point since;
};

// Says in the database which group of a node was committed last, see writer.cpp.
struct commit_mark {
  std::string node;
  std::int64_t number = 0;
};

void answer(const commit_request& to, parley_status status, std::uint32_t failed_op,
            std::string_view error);

class group {
 public:
  // `is_alone`: rows whose key holds a number just given are read as well; in a group they are
  // taken to be new, and where one is not the database refuses it and the batches are done alone.
  group(const layout& known, std::span<const commit_request> batches, bool is_alone);

  // Locks and reads.
  std::vector<query> begin(const commit_mark& mark);
  void take_begin(results from);
  // Applies the batches. Gives what has to be read for that first; nothing: it is done.
  std::vector<query> apply();
  void take_rows(results from) { take_reads(std::move(from), 0); }
  // Writes and commits.
  std::vector<query> end();

  // After the commit: tells everybody.
  void answer_all() const;

 private:
  enum class verdict { applied, refused };
  struct topic {
    std::int64_t id = 0;
    std::int64_t stored = 0, head = 0;
    bool is_numbered = false; // gives numbers, so it has to be there
  };
  struct outcome {
    parley_status status = PARLEY_OK;
    std::uint32_t failed_op = 0;
    std::size_t numbers = 0; // where in numbers_ those of its topics begin
    std::string error;
    bool is_faulty = false; // whatever is stored
  };
  struct event {
    const topic* of = nullptr;
    std::int64_t number = 0;
    parley_cell name, data, at;
  };
  struct void_event {
    const topic* of = nullptr;
    parley_cell number, name;
  };
  // What an answer is to.
  struct reading {
    rows_of_table* of = nullptr;
    int unique = -1; // an index, or rows
  };

  void find_faults();
  std::string fault_in_cells(const parley_driver_op& op, std::uint32_t topics) const;
  void find_topics();
  void find_rows();
  void want_owners(const parley_driver_op& op);
  void find_guards(const parley_driver_batch& batch);
  void add_reads(std::vector<query>& to);
  void add_rows(std::vector<query>& to, rows_of_table& of, row_lock how);
  void add_owners(std::vector<query>& to, rows_of_table& of, std::size_t unique);
  void take_reads(results from, std::size_t first);
  void take_read(const reading& what, const result& from);

  void one(const parley_driver_batch& batch, outcome& out);
  verdict check(const parley_driver_batch& batch, outcome& out);
  verdict check_one(const parley_driver_op& op, outcome& out);
  verdict write(const parley_driver_batch& batch, outcome& out);
  verdict write_row(const parley_driver_op& op, outcome& out);
  void put(const parley_driver_op& op, cells& to);
  verdict increment(const parley_driver_op& op, cells& to, outcome& out);
  void append(const parley_driver_op& op);
  void make_void(const parley_driver_op& op);
  verdict refuse(outcome& out, parley_status status, std::string why);

  rows_of_table& rows_of(const parley_driver_op& op);
  cells key_of(const parley_driver_op& op);
  // Of the table, in which a cell belongs.
  std::uint32_t column_of(const parley_driver_op& op, std::uint32_t cell) const;
  // Whether a number that this group gives is in it.
  static bool holds_number(const parley_cell* cells, std::uint32_t count);
  row& find(const parley_driver_op& op);
  parley_cell resolved(const parley_cell& what, std::int32_t column_type);
  std::int64_t number(parley_next which) const;

  void add_topic_writes(std::vector<query>& to) const;
  void add_table_writes(std::vector<query>& to, rows_of_table& of) const;

  const layout& layout_;
  const std::span<const commit_request> batches_;
  const bool is_alone_;

  std::map<std::string, topic, std::less<>> topics_; // in the order in which they are locked
  std::map<std::uint32_t, rows_of_table> tables_;    // likewise
  std::map<std::uint32_t, std::map<std::string, cells>> guards_;
  std::vector<reading> asked_;
  std::size_t heads_at_ = 0, reads_at_ = 0; // among the answers to `begin`; 0: not asked
  std::vector<results> kept_;               // stored texts are in them
  arena texts_;

  // Of an attempt to apply the batches.
  std::vector<outcome> outcomes_;
  std::vector<std::int64_t> numbers_;
  std::vector<event> events_;
  std::vector<void_event> voids_;
  // Of the batch at hand.
  std::vector<topic*> batch_topics_;
  std::vector<std::int64_t> appended_;
};

} // namespace parley::storage_postgres
