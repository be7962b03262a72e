#pragma once

// Batches: what plugins write, with the conditions of the call's permission and the record of its
// idempotency key added, and what is announced once it is durable.

#include "dispatch/calls.hpp"
#include "dispatch/idempotency.hpp"

#include <functional>

namespace parley::dispatch {

class topics;

class batches {
 public:
  batches(calls& all, storage::engine& store, topics& announce, std::int64_t keep_keys_ms);

  // The owner is the call that may commit it.
  parley_status open(call& owner, parley_batch* out);
  static batch* find(parley_batch handle);

  // Names are those of the handle's plugin. What is wrong with the arguments is logged by name.
  parley_status put(parley_batch to, std::string_view collection, const boost::json::value* record);
  parley_status patch(parley_batch to, std::string_view collection, const boost::json::value* key,
                      const boost::json::value* fields);
  parley_status increment(parley_batch to, std::string_view collection,
                          const boost::json::value* key, std::string_view field, std::int64_t by);
  parley_status erase(parley_batch to, std::string_view collection, const boost::json::value* key);
  parley_status require(parley_batch to, const boost::json::value* condition);
  parley_status publish(parley_batch to, std::string_view event, std::string_view place,
                        const boost::json::value* data, int access, std::string_view principal);
  parley_status withdraw(parley_batch from, std::string_view event, std::string_view place,
                         std::int64_t number);
  parley_status next(parley_batch to, std::string_view topic, std::string_view place,
                     std::int64_t* out);
  // `at_ms` 0: at once. `key` empty: none.
  parley_status enqueue(parley_batch to, std::string_view job, const boost::json::value* params,
                        std::int64_t at_ms, std::string_view key);
  parley_status commit(parley_batch handle, const boost::json::value* reply, parley_done done,
                       void* user);
  static void after_commit(parley_batch to, std::function<void()> action);

  // A handle to the same batch for another plugin; ends with `until`.
  static parley_batch lend(parley_batch handle, instance& to, call& until);
  static void drop(parley_batch handle);

  // A place in a batch, to take out what came after it: what a join wrote that then failed. Nothing
  // where the batch has been submitted.
  struct mark {
    storage::batch_mark writes;
    std::size_t events = 0;
    std::size_t actions = 0;
  };
  static mark mark_of(parley_batch handle);
  static void back_to(parley_batch handle, const mark& where);
  // What was wrong with what was written since, or an empty text.
  static std::string broken_since(parley_batch handle, const mark& where);

  // Called when a call has submitted its first batch: the next in its order may begin.
  std::function<void(call&)> on_submitted;
  // Called when a job was committed.
  std::function<void(const std::string& name, std::int64_t due_ms)> on_queued;

 private:
  parley_status add_conditions(write_batch& to, call& owner, const boost::json::value* reply);
  void committed(const std::shared_ptr<write_batch>& what, std::uint64_t operation,
                 const storage::commit_result& result);
  void announce(write_batch& what, const storage::commit_result& result);

  calls& calls_;
  storage::engine& store_;
  topics& topics_;
  std::int64_t keep_keys_ms_;
};

} // namespace parley::dispatch
