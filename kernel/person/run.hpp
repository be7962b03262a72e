#pragma once

// One run of a person's job, from where the last one came to: page by page, each in a batch that
// also says how far it is. So a page is done once, wherever a server ends; and where another run
// has taken over, this one finds the request changed and stops.

#include "dispatch/calls.hpp"
#include "identity/identity.hpp"
#include "person/steps.hpp"
#include "storage/ephemeral.hpp"
#include "storage/scan.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace parley::person {

// What runs work on. Outlives them.
struct surroundings {
  dispatch::calls& calls;
  storage::engine& store;
  storage::ephemeral_store& memory;
  identity::service& accounts;
  std::int64_t keep_report_ms = 0;
  std::int64_t keep_export_ms = 0;
};

class run : public std::enable_shared_from_this<run> {
 public:
  // `call` is that of the job: it ends with this, and this with it.
  run(const surroundings& with, declared_data all, request what, parley_call call);
  void begin();

 private:
  // A page of work that is being put together.
  struct page {
    std::unique_ptr<storage::batch> writes;
    request next;
    std::string text;        // of the export
    bool is_changed = false; // there is more to write than how far it is
    bool is_step_over = false;
  };

  bool is_over() const { return dispatch::calls::find(call_) == nullptr; }
  const step& now() const { return steps_[at_]; }
  page new_page() const { return {with_.store.begin(), what_, {}, false, false}; }
  void work();
  void end_page(page what);
  void put_text(page& into) const;
  void commit(page what);
  void written(const request& next, bool is_step_over);
  void refused();
  void go_on(request next, bool is_step_over);
  void fail(const std::string& why);
  bool is_well(const storage::failure& why);
  // Hands on the completion unless this run is over.
  template <typename Then>
  auto later(Then then) {
    return [self = shared_from_this(), then = std::move(then)](auto&&... what) mutable {
      if (!self->is_over()) then(std::forward<decltype(what)>(what)...);
    };
  }

  // Pages of steps, see run_steps.cpp.
  void throw_parts_away();
  void write_text(std::string text);
  void go_through(const personal_collection& of);
  void erase(const personal_collection& of, const boost::json::object& record, page& into) const;
  void go_through_memory();
  void go_through_logs();
  void take(const std::string& topic, const storage::log_entry& event, page& into) const;
  void go_through_jobs();
  void end_sessions();
  void find_unknown();
  void erase_key();
  void clean_files();

  const surroundings& with_;
  const declared_data all_;
  const std::vector<step> steps_;
  const parley_call call_;
  request what_;
  std::size_t at_ = 0; // in steps_
  int unsaved_ = 0;    // pages
  int refused_ = 0;    // in a row
};

} // namespace parley::person
