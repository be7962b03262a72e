#pragma once

// Backups that a running server makes: for `parleyctl backup`, and by the schedule of the YAML.
//
//   {"do": "backup.start", "file": "/an/absolute/path"}   → {}
//   {"do": "backup.state"}   → {"running", "file", "done", "total"}, and once it has ended "why"
//                              (empty: it went well), "bytes", "records" and "topics"
// Each may answer {"error": "a sentence"} instead. The file is written on a thread of the storage
// driver's.

#include "config/config.hpp"
#include "cron.hpp"
#include "env/env.hpp"

#include "parley/draft/storage_driver.h"

#include <boost/json.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace parley {

class backups {
 public:
  // All of it outlives it.
  backups(const config::config& with, env::loop& logic, const env::clock& clock);
  ~backups();

  // [logic] From when the store is open. Makes one at once where one was missed.
  void serve(const std::string& driver_name, const parley_storage_driver& driver);
  // [logic] What is under way ends without a file, and nothing begins any more.
  void stop();
  // [logic] Whether it was one of its orders, which is answered.
  bool run(const boost::json::object& asked,
           const std::function<void(boost::json::object)>& answer);

 private:
  struct one;
  using done = std::function<void()>;

  std::string start(const std::filesystem::path& file, done then);
  void ended(const std::shared_ptr<one>& what, const done& then);
  boost::json::object state() const;
  void plan();
  void make_by_schedule();
  void remove_old() const;

  const config::config& config_;
  env::loop& logic_;
  const env::clock& clock_;
  std::string driver_name_;
  const parley_storage_driver* driver_ = nullptr;
  std::shared_ptr<one> last_;          // under way, or the last that was
  std::optional<manifest::cron> when_; // by the schedule, where there is one
  env::timer_id timer_ = 0;
};

} // namespace parley
