#pragma once

// A batch while it is put together: operations as the driver takes them, in an arena of its own
// that lives until the driver is done.

#include "storage/cells.hpp"
#include "storage/plain_values.hpp"

#include <array>
#include <cstddef>
#include <memory_resource>

namespace parley::storage {

class batch_builder final : public batch {
 public:
  // `number` tells its stand-ins from those of other batches.
  batch_builder(std::shared_ptr<const tables> known, std::uint32_t number, const limits& bounds)
      : known_(std::move(known)), number_(number), bounds_(bounds) {}

  failure put(collection_ref collection, const boost::json::object& record) override;
  failure patch(collection_ref collection, const boost::json::array& key,
                const boost::json::object& fields) override;
  failure increment(collection_ref collection, const boost::json::array& key,
                    std::string_view field, std::int64_t by) override;
  failure erase(collection_ref collection, const boost::json::array& key) override;
  failure require(collection_ref collection, const boost::json::array& key, bool exists,
                  const boost::json::object& equals, condition_reason reason) override;
  failure append(std::string_view topic, std::string_view event, const boost::json::value& data,
                 std::string_view at, const std::vector<sealed_member>& sealed) override;
  failure make_void(std::string_view topic, std::int64_t number, std::string_view event) override;
  std::int64_t next(std::string_view topic) override;
  batch_mark mark() const override;
  void back_to(const batch_mark& where) override;

  // The words of a stored record, under the condition that it is still as it is given.
  void index(const table& of, const boost::json::object& record);

  // A row as it was stored, a cell for each column of `of`, with its words.
  void restore(const table& of, const parley_cell* row);
  // Events of a topic as `read_log` gives them, in order; after all of them the topic's head.
  void restore_event(std::string_view topic, const parley_cell* event);
  void restore_head(std::string_view topic, std::int64_t head);
  std::size_t size() const { return ops_.size(); }

  // What is to be sealed. While something is, the batch is not given to a driver.
  bool is_plain() const { return !plain_.empty(); }
  // Whose data keys that takes, each once, as far as they are known.
  std::vector<std::string_view> subjects() const;
  // Values whose subject only the stored record tells.
  const std::vector<plain_value>& plain() const { return plain_.of_records; }
  // It does, or there is no such record: the batch is under the condition that it stays so.
  void subject_is(std::size_t value, std::optional<std::string_view> subject);
  using keys_by_subject = std::map<std::string_view, data_key_ptr>;
  // Under the condition that the keys are still in the store.
  problem seal(const keys_by_subject& keys, nonces& fresh);

  // The first failure of those above: what an author overlooks must not be written in part.
  const failure& broken() const { return broken_; }
  std::uint32_t number() const { return number_; }
  // Conditions of the permission come first, then that of a repeated key: who may not is told so,
  // whatever else of the batch fails. Nothing is added afterwards.
  void order_conditions();
  parley_driver_batch view() const;
  condition_reason reason_of(std::uint32_t op) const;
  const std::pmr::vector<parley_str>& topics() const { return topics_; }

 private:
  problem fields_of(const table& of, const boost::json::object& from, parley_driver_op& op,
                    bool is_change);
  problem start(collection_ref collection, std::int32_t kind, const table*& of,
                parley_driver_op& op);
  void add_words(const table& of, const parley_driver_op& op);
  // In batch_sealing.cpp.
  problem check_subjects(const table& of, const parley_driver_op& op) const;
  void note_plain(const table& of, const parley_driver_op& op);
  std::string_view subject_of(const sealed_column& of, const table& in, const parley_driver_op& op);
  const parley_cell* written_before(const table& of, std::uint32_t column,
                                    const parley_cell* key) const;
  std::string_view subject(std::string_view prefix, std::string_view value);
  problem note_event(const parley_driver_op& op, const boost::json::object& data,
                     const std::vector<sealed_member>& sealed, plain_event& out);
  problem seal(plain_value& value, const keys_by_subject& keys, nonces& fresh);
  problem seal(plain_event& event, const keys_by_subject& keys, nonces& fresh);
  void require_cell(std::uint32_t collection, const parley_cell* key, std::int32_t kind,
                    std::uint32_t column, const parley_cell& equals, condition_reason reason);
  problem row_of(const table& of, const boost::json::object& record, parley_driver_op& op);
  failure add(const problem& why, const parley_driver_op& op,
              condition_reason reason = condition_reason::batch);
  problem topic_at(std::string_view name, std::uint32_t& out);
  parley_cell* cells(std::size_t count);
  parley_cell* copied(const parley_cell* from, std::size_t count);
  void restore_in_log(std::string_view topic, std::int32_t kind, const parley_cell* what,
                      std::uint32_t count);
  problem fits(const parley_driver_op& op) const;
  cell_source source() { return {memory_, topics_.size(), number_, bounds_.value_depth}; }

  const std::shared_ptr<const tables> known_; // outlives a second `open`
  const std::uint32_t number_;
  const limits bounds_;
  // Most batches fit; those that do not go on in the heap.
  std::array<std::byte, 3072> first_memory_;
  std::pmr::monotonic_buffer_resource memory_{first_memory_.data(), first_memory_.size()};
  std::pmr::vector<parley_driver_op> ops_{&memory_};
  std::pmr::vector<condition_reason> reasons_{&memory_};
  std::pmr::vector<parley_str> topics_{&memory_};
  std::pmr::vector<std::uint32_t> appended_{&memory_}; // for each topic
  failure broken_;
  plain_values plain_;
};

} // namespace parley::storage
