#include "person/run.hpp"

#include "observe/log.hpp"
#include "person/export_text.hpp"

#include <algorithm>

namespace parley::person {
namespace json = boost::json;
namespace {

constexpr int unsaved_pages = 20; // of nothing but looking
constexpr int most_refusals = 20;
// A row is larger than its text, and limits.record_bytes is 64 KiB at least.
constexpr std::size_t part_bytes = 60'000;

std::string_view text_of(const json::value& from) {
  return from.is_string() ? std::string_view(from.get_string()) : std::string_view();
}

std::size_t place_of(const std::vector<step>& steps, const request& what) {
  const json::value* name = what.place.if_contains("step");
  if (name == nullptr) return 0;
  const auto found = std::find_if(steps.begin(), steps.end(),
                                  [&](const step& each) { return text_of(*name) == each.name; });
  return found == steps.end() ? steps.size()
                              : static_cast<std::size_t>(std::distance(steps.begin(), found));
}

} // namespace

run::run(const surroundings& with, declared_data all, request what, parley_call call)
    : with_(with),
      all_(std::move(all)),
      steps_(steps_of(what.what, all_)),
      call_(call),
      what_(std::move(what)) {}

void run::begin() {
  at_ = place_of(steps_, what_);
  if (at_ == steps_.size()) { // it was in a plugin that is gone: all of it once more
    at_ = 0;
    what_.place.clear();
    what_.report = done_for_good(what_.report);
    what_.parts = 0;
  }
  work();
}

void run::work() {
  switch (now().what) {
    case step::kind::parts:
      return throw_parts_away();
    case step::kind::head:
      return write_text(export_head(what_));
    case step::kind::collection:
      return go_through(now().of);
    case step::kind::sessions:
      return end_sessions();
    case step::kind::memory:
      return go_through_memory();
    case step::kind::between:
      return write_text(export_between());
    case step::kind::logs:
      return go_through_logs();
    case step::kind::jobs:
      return go_through_jobs();
    case step::kind::unknown:
      return find_unknown();
    case step::kind::keys:
      return erase_key();
    case step::kind::files:
      return clean_files();
    case step::kind::tail: {
      const json::value* unknown = what_.report.if_contains("not_looked_at");
      return write_text(export_tail(unknown != nullptr ? unknown->as_array() : json::array()));
    }
  }
}

void run::end_page(page what) {
  put_text(what);
  const bool is_last = what.is_step_over && at_ + 1 == steps_.size();
  if (what.is_step_over) {
    const bool goes_on = now().what != step::kind::between && !is_last;
    const json::value* first = what.next.place.if_contains("first");
    json::object place;
    if (first != nullptr && goes_on) place["first"] = *first;
    if (!is_last) place["step"] = steps_[at_ + 1].name;
    what.next.place = std::move(place);
  }
  if (is_last) {
    what.next.is_done = true;
    what.next.ended_at = env::rfc3339(with_.calls.now_ms());
  }
  if (!what.is_changed && !is_last && ++unsaved_ < unsaved_pages)
    return go_on(std::move(what.next), what.is_step_over);
  commit(std::move(what));
}

void run::put_text(page& into) const {
  const std::string gone_at = env::rfc3339(with_.calls.now_ms() + with_.keep_export_ms);
  for (const std::string_view piece : in_pieces(into.text, part_bytes)) {
    into.is_changed = true;
    into.writes->put(parts_name, {{"account", what_.account},
                                  {"part", into.next.parts++},
                                  {all_.seals ? "sealed" : "text", piece},
                                  {"expires_at", gone_at}});
  }
}

void run::commit(page what) {
  request& next = what.next;
  require_unchanged(*what.writes, what_);
  next.mark = with_.calls.new_id();
  next.expires_at = env::rfc3339(with_.calls.now_ms() + with_.keep_report_ms);
  what.writes->patch(requests_name, {next.account}, next.progress_json());
  with_.store.commit(
      std::move(what.writes),
      later([this, next, over = what.is_step_over](const storage::commit_result& done) {
        if (done.why.code == storage::status::conflict) return refused();
        if (!is_well(done.why)) return;
        unsaved_ = refused_ = 0;
        written(next, over);
      }));
}

void run::written(const request& next, bool is_step_over) {
  if (!next.is_done) return go_on(next, is_step_over);
  observe::write(observe::level::info,
                 next.what == verb::erase ? "a person was erased" : "a person was exported",
                 {{"principal", next.account}});
  with_.calls.finish(call_, nullptr);
}

void run::go_on(request next, bool is_step_over) {
  what_ = std::move(next);
  if (is_step_over) ++at_;
  work();
}

// Another run has this request, which ends this one, or somebody writes the same records.
void run::refused() {
  with_.store.get(requests_name, {what_.account}, {},
                  later([this](const storage::failure& why, const auto& found) {
                    if (!is_well(why)) return;
                    if (!found || request::from_json(*found).mark != what_.mark)
                      return static_cast<void>(with_.calls.finish(call_, nullptr));
                    if (++refused_ < most_refusals) return work();
                    fail("others keep writing in " + now().name);
                  }));
}

void run::fail(const std::string& why) {
  dispatch::error out;
  out.code = "unavailable";
  out.message = now().name + ": " + why;
  with_.calls.fail(call_, out);
}

bool run::is_well(const storage::failure& why) {
  if (why.code == storage::status::ok) return true;
  fail(why.message);
  return false;
}

} // namespace parley::person
