#pragma once

// What of a batch is to be sealed before a driver sees it.

#include "storage/sealed_fields.hpp"

namespace parley::storage {

struct plain_value {
  std::size_t op; // the operation that writes it, by its place
  const table* of;
  std::uint32_t column;
  parley_cell* cell;        // the plain bytes
  const parley_cell* key;   // of the record
  std::string_view subject; // empty: that of the record as it is stored
};

struct plain_event {
  struct member {
    std::string name;
    std::string_view subject;
  };
  std::size_t op;
  parley_cell* cell; // the data
  std::string_view topic, name;
  boost::json::object data;
  std::vector<member> members;
};

struct plain_values {
  std::vector<plain_value> of_records;
  std::vector<plain_event> of_events;

  bool empty() const { return of_records.empty() && of_events.empty(); }
  // Those of later operations are taken out.
  void back_to(std::size_t operations);
};

} // namespace parley::storage
