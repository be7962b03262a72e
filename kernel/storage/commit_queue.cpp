#include "storage/commit_queue.hpp"

#include <algorithm>

namespace parley::storage {

void commit_queue::put(std::unique_ptr<pending_commit> what) {
  what->tell(*this);
  const batch_builder& builder = what->builder();
  const bool seals = builder.is_plain() && builder.broken().code == status::ok;
  if (queue_.empty() && !seals) {
    ++under_way_;
    return pending_commit::submit(std::move(what), driver_);
  }
  const auto at = std::make_shared<waiting>();
  at->what = std::move(what);
  queue_.push_back(at);
  if (seals && !keys_) {
    at->why = {status::unavailable,
               "fields cannot be sealed: storage.master_keys names no master key"};
  } else if (seals) {
    ++at->fetching; // until all were asked for
    for (const std::string_view subject : builder.subjects()) fetch(at, subject);
    --at->fetching;
  }
  go_on();
}

void commit_queue::then(std::function<void()> work) {
  const auto at = std::make_shared<waiting>();
  at->work = std::move(work);
  queue_.push_back(at);
  go_on();
}

// `subject` is the batch's.
void commit_queue::fetch(const place& of, std::string_view subject) {
  ++of->fetching;
  keys_->of_subject(subject, [this, of, subject](const failure& why, const data_key_ptr& key) {
    if (key) of->keys[subject] = key;
    one_less(*of, why);
  });
}

void commit_queue::one_less(waiting& of, const failure& why) {
  if (why.code != status::ok && of.why.code == status::ok) of.why = why;
  if (--of.fetching == 0) go_on();
}

// What was committed before may have written these records, and is to be seen.
void commit_queue::read_subjects(const place& of) {
  of->knows_subjects = true;
  ++of->fetching;
  const auto& plain = of->what->builder().plain();
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i].subject.empty()) read_subject(of, i);
  }
  --of->fetching;
}

void commit_queue::read_subject(const place& of, std::size_t value) {
  ++of->fetching;
  const plain_value& plain = of->what->builder().plain()[value];
  const std::uint32_t column = plain.of->sealed_at(plain.column)->subject;
  auto read = std::make_unique<pending_rows<row_arguments>>(
      box_, [this, of, value, column](row_copy&& rows) {
        batch_builder& builder = of->what->builder();
        if (rows.why.code != status::ok) return one_less(*of, rows.why);
        if (rows.count == 0) {
          builder.subject_is(value, std::nullopt);
        } else {
          const parley_cell& found = rows.row(0)[column];
          builder.subject_is(value, std::string_view(found.as.text.ptr, found.as.text.len));
          fetch(of, builder.plain()[value].subject);
        }
        one_less(*of, {});
      });
  auto* given = read.release();
  given->arguments.keep = of;
  parley_driver_read& what = given->arguments.read;
  what.size = sizeof what;
  what.collection = plain.of->number();
  what.index = -1;
  what.limit = 1;
  what.prefix = plain.key;
  what.prefix_count = plain.of->key_count();
  driver_.read(driver_.self, &what, &pending_rows<row_arguments>::completed, given);
}

void commit_queue::go_on() {
  while (!queue_.empty() && queue_.front()->fetching == 0) {
    const place first = queue_.front();
    if (first->what && first->why.code == status::ok && !first->knows_subjects) {
      const auto& plain = first->what->builder().plain();
      const bool tells = std::any_of(plain.begin(), plain.end(),
                                     [](const plain_value& each) { return each.subject.empty(); });
      if (tells && under_way_ > 0) return; // came_home goes on
      if (tells) return read_subjects(first);
    }
    queue_.pop_front();
    first->work ? first->work() : submit(*first);
  }
}

void commit_queue::submit(waiting& what) {
  ++under_way_;
  batch_builder& builder = what.what->builder();
  failure why = what.why;
  if (why.code == status::ok && builder.is_plain() && builder.broken().code == status::ok) {
    const problem wrong = builder.seal(what.keys, keys_->fresh());
    if (!wrong.empty()) why = {status::unavailable, wrong};
  }
  if (why.code != status::ok) return pending_commit::refuse(std::move(what.what), std::move(why));
  pending_commit::submit(std::move(what.what), driver_);
}

void commit_queue::came_home(const batch_builder& what, const commit_result& result) {
  // Another server has erased a key: who tries again gets one that is in the store.
  if (result.why.code == status::conflict && result.failed == condition_reason::data_key) {
    for (const std::string_view subject : what.subjects()) keys_->forget(subject);
  }
  if (--under_way_ == 0) go_on();
}

} // namespace parley::storage
