#pragma once

// What is done for a request, one after the other.

#include "person/declared.hpp"
#include "person/requests.hpp"

#include <string>
#include <vector>

namespace parley::person {

struct step {
  enum class kind {
    parts,      // earlier exports of the person are thrown away
    head,       // export: the beginning of the file
    collection, // one stored collection
    sessions,   // all sessions of the account end
    memory,     // ephemeral collections of this server
    between,    // export: records end, events begin
    logs,       // events of durable topics
    jobs,       // dead letters that speak of the person
    unknown,    // which collections no loaded plugin declares
    keys,       // what is sealed with the person's data key is out of reach, wherever a copy lies
    files,      // what was erased goes from the files too
    tail        // export: the end of the file
  };
  kind what;
  std::string name;            // where a request is, as it is stored and told
  personal_collection of = {}; // of a collection
};

// Erasing first makes sure that nothing new comes: without account and sessions nobody writes.
std::vector<step> steps_of(verb what, const declared_data& all);

} // namespace parley::person
