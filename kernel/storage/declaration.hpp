#pragma once

// What the store remembers of a collection: which version of it is stored, and with which fields.
// A newer version may only add to it.

#include "storage/table.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace parley::storage {

// The kernel's own collection of them, which every store holds.
inline constexpr std::string_view declarations_name = "kernel.collections";
collection declarations_collection();

struct declaration {
  std::uint32_t version = 0; // 0: nothing is stored
  boost::json::object shape; // {key, fields, indexes, search?}
};

declaration declaration_of(const collection& from);
// The collection that it was made of.
collection collection_of(const std::string& name, const declaration& from);

// A record of that name, which is no declaration, says that a store is being restored.
inline constexpr std::string_view unfinished_restore = "kernel.restore";
// A record of `declarations_collection`, and back.
boost::json::object to_record(const std::string& name, const declaration& from);
std::optional<declaration> from_record(const boost::json::object& record);

struct evolution {
  problem why;                   // why it cannot be
  std::vector<std::string> fill; // fields in which old records may lack what is now the default
  bool index = false;            // old records are not found yet by what is now searched
};

// From what is stored to what a plugin declares.
evolution evolve(const declaration& stored, const collection& wanted);

} // namespace parley::storage
