#pragma once

// Whether what a plugin answers and announces is what its manifest says: for authors, while they
// write it. It costs about as much as writing the JSON, so a server that serves leaves it out.

#include "manifest.hpp"
#include "schema.hpp"

#include <boost/json.hpp>

#include <map>
#include <string>
#include <string_view>

namespace parley::dispatch {

class answer_check {
 public:
  explicit answer_check(const manifest::manifest& by);

  // What is wrong, as a sentence; empty: nothing. Numbers that a batch is to fill in count as
  // numbers.
  std::string result(std::string_view method, const boost::json::value* given) const;
  std::string event(std::string_view name, const boost::json::value& data) const;

 private:
  using validators = std::map<std::string, schema::validator, std::less<>>;
  static std::string wrong_in(const validators& all, std::string_view name,
                              const boost::json::value& what);

  validators results_, events_; // of those that say what they carry
};

} // namespace parley::dispatch
