#pragma once

// What the manifests of the loaded plugins say of personal data: whose a record or an event is, how
// those of one person are found, and what erasing that person does to them.

#include "manifest.hpp"
#include "storage/engine.hpp"

#include <boost/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace parley::person {

// What becomes of something when a person is erased; the greater one counts.
enum class fate { none, kept, anonymised, erased };

struct subject {
  std::string field;
  fate on_erase = fate::erased;
  std::string reason;       // where kept
  bool is_required = false; // it cannot be left empty
  // Fields that are sealed with the key of whom it names: they go where another takes its place.
  std::vector<std::string> sealed{};
};

struct personal_collection {
  std::string name; // plugin.collection
  std::vector<std::string> key;
  std::vector<subject> subjects;
  // How they are walked through: in the order of an index, or of the key (empty), by these fields.
  std::string index;
  std::vector<std::string> order;
  bool is_by_subject = false; // the first of them is the only subject: no others are looked at
};

struct personal_event {
  std::string name;
  std::vector<subject> subjects;
};

// An ephemeral one; what is in it is always erased.
struct collection_in_memory {
  storage::collection shape;
  personal_collection personal;
};

struct declared_data {
  std::vector<personal_collection> collections; // that are stored, by name
  std::vector<collection_in_memory> in_memory;
  std::vector<personal_event> events;
  std::vector<std::string> stored; // every stored collection, personal or not
  bool seals = false;              // some plugin has sealed fields
  const personal_event* event(std::string_view name) const;
  bool declares(std::string_view collection) const;
};

declared_data declared_by(const std::vector<const manifest::manifest*>& plugins);

// The account that stands where an erased one must not be empty.
inline constexpr std::string_view nobody = "00000000-0000-0000-0000-000000000000";

// Whether the field is that account.
bool holds(const boost::json::object& what, std::string_view field, std::string_view account);
fate fate_of(const std::vector<subject>& subjects, const boost::json::object& what,
             std::string_view account);
// What is patched in a record to take the person out of it.
boost::json::object without_person(const std::vector<subject>& subjects,
                                   const boost::json::object& record, std::string_view account);
// Why something is kept; empty: it is not.
std::string reason_of(const std::vector<subject>& subjects, const boost::json::object& what,
                      std::string_view account);

} // namespace parley::person
