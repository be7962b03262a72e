#pragma once

// Who holds the logic thread: each stay of a plugin's code there is measured by the place where it
// was entered, and seen from outside by the watchdog. What it throws goes no further.

#include "env/env.hpp"
#include "observe/metrics.hpp"

#include <atomic>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace parley::dispatch {

struct instance;

// A place where a plugin is entered, as logs and metrics name it. Never ends before `stays` does.
struct entry_point {
  std::string plugin, version, digest; // see instance
  std::string name;                    // such as "method notes.add"
  observe::histogram* seconds = nullptr;
  std::int64_t warned_ns = 0; // when it was last named as slow
  std::uint32_t unsaid = 0;   // and how often it was slow since
};

class stays {
 public:
  explicit stays(const env::clock& now);

  // Longer stays are warned about; 0: none is.
  void warn_above(std::uint32_t ms) { slow_ns_ = std::int64_t{ms} * 1'000'000; }
  // The same one for the same version of a plugin and the same name.
  entry_point& point(const instance& of, std::string_view name, observe::metrics& into);
  // All time of a plugin's code on the logic thread, in any version.
  double seconds_of(std::string_view plugin) const;

  // Runs a plugin's code. False where it threw. Without a place its time counts for nobody.
  template <typename Code>
  bool run(entry_point* where, Code&& code) {
    const stay inside(*this, where ? *where : nowhere_);
    try {
      code();
      return true;
    } catch (const std::exception& thrown) {
      name_thrower(where, thrown.what());
    } catch (...) {
      name_thrower(where, "something that is no std::exception");
    }
    return false;
  }

  // For another thread. What is the same at two looks has not changed in between.
  struct view {
    std::uint64_t visit = 0;            // a new one each time that the thread is entered or left
    std::uint64_t move = 0;             // the same, with what is entered from within
    const entry_point* first = nullptr; // nullptr: nobody is in
    const entry_point* now = nullptr;   // below it all
  };
  view look() const;

 private:
  class stay {
   public:
    stay(stays& all, entry_point& at);
    ~stay();
    stay(const stay&) = delete;

   private:
    stays& all_;
    entry_point& at_;
    stay* outer_;
    std::int64_t began_ns_;
    std::int64_t of_others_ns_ = 0; // entered from within, which is their time
  };

  void publish(const entry_point* now, bool outermost);
  void warn(entry_point& at, std::int64_t took_ns);
  void name_thrower(const entry_point* where, std::string_view what) const;

  const env::clock& clock_;
  std::int64_t slow_ns_ = 0;
  stay* innermost_ = nullptr;
  observe::histogram unmeasured_;
  entry_point nowhere_;
  std::map<std::string, std::unique_ptr<entry_point>, std::less<>> points_;
  std::atomic<std::uint64_t> visits_{0}, moves_{0};
  std::atomic<const entry_point*> first_{nullptr}, now_{nullptr};
};

} // namespace parley::dispatch
