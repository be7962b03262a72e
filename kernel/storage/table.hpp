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

class table {
 public:
  // Checks the declaration; columns are put into the driver's order, the key first.
  static problem compile(std::uint32_t number, const collection& from, table& out);

  std::uint32_t number() const { return number_; }
  const std::string& name() const { return name_; }
  std::uint32_t key_count() const { return key_count_; }
  const std::vector<column>& columns() const { return columns_; }

  // -1: no such column, or index.
  int column_at(std::string_view name) const;
  int index_at(std::string_view name) const;
  // The columns of an index, or of the key (-1).
  const std::vector<std::uint32_t>& order(int index) const;

  // Lives as long as the table.
  parley_collection declaration() const;

  // From cells of one row; NULLs are left out.
  problem record(const parley_cell* cells, boost::json::storage_ptr in,
                 boost::json::object& out) const;

 private:
  problem order_columns(const collection& from);
  problem compile_indexes(const collection& from);

  std::uint32_t number_ = 0;
  std::uint32_t version_ = 1;
  std::uint32_t key_count_ = 0;
  std::string name_;
  std::vector<column> columns_;
  std::vector<std::string> index_names_;
  std::vector<std::vector<std::uint32_t>> orders_; // the key's last
  std::vector<parley_column> driver_columns_;
  std::vector<parley_index> driver_indexes_;
};

// All collections, by name.
class tables {
 public:
  problem compile(const std::vector<collection>& from);
  const table* find(std::string_view name) const;
  std::vector<parley_collection> declarations() const;

 private:
  std::vector<std::unique_ptr<table>> all_;
  std::map<std::string_view, const table*> by_name_;
};

} // namespace parley::storage
