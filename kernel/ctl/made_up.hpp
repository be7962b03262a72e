#pragma once

// Parameters for methods that nobody wrote a test for: made from their schemas, and from what
// earlier answers held.

#include "manifest.hpp"

#include <boost/json.hpp>

#include <map>
#include <string>

namespace parley::ctl {

class made_up {
 public:
  // `account`: for parameters that are one. `now`: RFC 3339.
  made_up(std::string account, std::string now)
      : account_(std::move(account)), now_(std::move(now)) {}

  // Something that the schema admits, as far as can be told: with what it requires, and no more.
  boost::json::value of(const boost::json::object& schema, const std::string& name = {});
  // Takes ids out of a result: the `id` of a result of the type `board` is a later `board`.
  void learn(const boost::json::object& schema, const boost::json::value& result);

 private:
  boost::json::value text(const boost::json::object& schema, const std::string& name);

  std::string account_, now_;
  std::map<std::string, std::string> known_;
  int made_ = 0;
};

// An object with those properties that are required and have no default.
boost::json::object made_up_config(const boost::json::object& schema);

} // namespace parley::ctl
