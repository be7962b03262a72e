#pragma once

// A declared collection, compiled: names to places, JSON to cells and back.

#include "storage/engine.hpp"

#include <map>
#include <memory_resource>

namespace parley::storage {

using arena = std::pmr::memory_resource;

// What is wrong, as an author's sentence; empty: nothing.
using problem = std::string;

failure invalid(std::string why);

class unsealer;

// What a table knows of a sealed column.
struct sealed_column {
  std::uint32_t column = 0;
  std::uint32_t subject = 0; // the column by whose value the data key is chosen
  std::string prefix;        // what comes before that value
  int lookup = -1;           // the column of the keyed hash; -1: there is none
  std::shared_ptr<const data_key> lookup_key;
};

class table {
 public:
  // Checks the declaration; columns are put into the driver's order, the key first.
  static problem compile(std::uint32_t number, const collection& from, table& out);
  // Columns in which the driver is to put the default where rows have nothing.
  void fill(const std::vector<std::string>& columns);

  std::uint32_t number() const { return number_; }
  const std::string& name() const { return name_; }
  std::uint32_t version() const { return version_; }
  std::uint32_t key_count() const { return key_count_; }
  // Those that are declared, then those that the engine adds to look sealed ones up.
  const std::vector<column>& columns() const { return columns_; }
  std::uint32_t declared_count() const { return declared_count_; }

  const std::vector<sealed_column>& sealed() const { return sealed_; }
  // nullptr: it is not sealed.
  const sealed_column* sealed_at(std::uint32_t column) const;
  // The sealed column whose hashes are in this one; nullptr: there is none.
  const sealed_column* looked_up_in(std::uint32_t column) const;

  // -1: no such column, or index. Of declared columns, or of all that are stored.
  int column_at(std::string_view name) const;
  int stored_at(std::string_view name) const;
  int index_at(std::string_view name) const;
  // The columns of an index, or of the key (-1).
  const std::vector<std::uint32_t>& order(int index) const;

  // Columns by whose words rows are found: `search_on`, then `search_by`.
  const std::vector<std::uint32_t>& searched() const { return searched_; }
  // How many of them are `search_on`.
  std::uint32_t searched_on() const { return searched_on_; }
  // The place of a field in `searched`, or -1.
  int searched_at(std::string_view field) const;

  // What stands for an absent value of a column; nullptr: nothing does.
  const parley_cell* fallback(std::uint32_t column) const;

  // Lives as long as the table.
  parley_collection declaration() const;

  // From cells of one row; NULLs are left out, and so is what was sealed with a key that is gone.
  // `with` opens what is sealed.
  problem record(const parley_cell* cells, boost::json::storage_ptr in, boost::json::object& out,
                 const unsealer& with) const;

 private:
  problem order_columns(const collection& from);
  problem compile_sealed();
  problem compile_sealed(std::uint32_t at);
  void describe_columns();
  problem compile_indexes(const collection& from);
  problem compile_search(const collection& from);
  problem compile_defaults();

  std::uint32_t number_ = 0;
  std::uint32_t version_ = 1;
  std::uint32_t key_count_ = 0;
  std::uint32_t declared_count_ = 0;
  std::string name_;
  std::vector<column> columns_;
  std::vector<std::string> index_names_;
  std::vector<std::vector<std::uint32_t>> orders_; // the key's last
  std::vector<parley_column> driver_columns_;
  std::vector<parley_index> driver_indexes_;
  std::pmr::monotonic_buffer_resource memory_;
  std::vector<parley_cell> defaults_;
  std::vector<std::uint32_t> fill_;
  std::vector<std::uint32_t> searched_;
  std::uint32_t searched_on_ = 0;
  std::vector<sealed_column> sealed_;
};

// All collections, by name and version. They become more while batches and reads hold them.
class tables {
 public:
  std::uint32_t count() const { return static_cast<std::uint32_t>(all_.size()); }
  // Its number is `count()`.
  void add(std::shared_ptr<const table> next);
  const table* find(collection_ref which) const;
  const table& at(std::uint32_t number) const { return *all_[number]; }
  // The newest shape of a table: what is searched, whichever shape writes.
  const table& newest(const table& of) const;

 private:
  std::vector<std::shared_ptr<const table>> all_;
  std::map<std::string_view, std::vector<const table*>> by_name_; // the newest last
};

} // namespace parley::storage
