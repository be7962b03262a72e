#pragma once

// What was asked for a person and how far it is, as the kernel stores it: one record a person, so
// that two requests for one do not work against each other. An export lies beside it in pieces
// until it was taken, and for a day at most: sealed with the person's key where plugins seal.

#include "storage/engine.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace parley::person {

inline constexpr std::string_view requests_name = "kernel.person_requests";
inline constexpr std::string_view parts_name = "kernel.person_parts";
storage::collection requests_collection();
storage::collection parts_collection();

enum class verb { export_all, erase };
std::string_view name_of(verb which); // "export", "erase"

struct request {
  std::string account;
  verb what = verb::export_all;
  bool is_done = false;
  std::string mark;          // a new one with every write: the condition of the next
  boost::json::object place; // where it goes on; empty: at the beginning
  boost::json::object report;
  std::int64_t parts = 0;                     // of the export, so far
  std::string begun_at, ended_at, expires_at; // RFC 3339

  boost::json::object to_json() const;
  // What a page of it changes.
  boost::json::object progress_json() const;
  static request from_json(const boost::json::object& in);
};

// Of a report: what was done to what is gone, which whoever looks again finds no more. What is
// still there is counted again.
boost::json::object done_for_good(const boost::json::object& report);

// The keys of the first pieces of a person's exports, a page of them, and whether there are more.
using parts_found =
    std::function<void(const storage::failure&, const std::vector<boost::json::array>&, bool more)>;
void find_parts(storage::engine& in, const std::string& account, parts_found then);

// Under the condition that nobody has written it since it was read.
void require_unchanged(storage::batch& in, const request& of);

} // namespace parley::person
