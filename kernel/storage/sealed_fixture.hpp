#pragma once

// An engine that seals fields, and a look past it at what the driver has.

#include "env/real.hpp"
#include "observe/metrics.hpp"
#include "storage/data_keys.hpp"
#include "storage/engine_fixture.hpp"
#include "storage/requests.hpp"

#include <gmock/gmock.h>

namespace parley::storage {

class sealed_fixture : public engine_fixture {
 protected:
  using texts = std::vector<std::string>; // of the cells of a row; of those that are none, nothing

  static collection notes() {
    collection out{"desk.notes",
                   1,
                   {"place", "id"},
                   {{"place", column_type::text, true},
                    {"id", column_type::integer, true},
                    {"owner", column_type::text, true},
                    {"title", column_type::text},
                    {"text", column_type::text},
                    {"mail", column_type::text},
                    {"number", column_type::integer},
                    {"price", column_type::number},
                    {"done", column_type::boolean},
                    {"list", column_type::json}},
                   {{"by_mail", {"mail", "id"}}, {"by_title", {"title", "mail"}}}};
    for (column& each : out.columns) {
      if (each.name == "mail") each.sealed = {"owner", "account:", true};
      if (each.name == "text") each.sealed = {"place", "desk.place:"};
      for (const char* name : {"number", "price", "done", "list"})
        if (each.name == name) each.sealed = {"owner", "account:"};
    }
    return out;
  }

  static boost::json::object note(std::int64_t id, std::string_view text,
                                  std::string_view owner = "ann", std::string_view place = "p") {
    return {{"place", place}, {"id", id}, {"owner", owner}, {"text", text}};
  }
  static query by_mail(const boost::json::value& mail) {
    query out;
    out.index = "by_mail";
    out.prefix = {mail};
    return out;
  }

  void SetUp() override {
    master_ = make_master();
    masters_ = {master_};
    engine_fixture::SetUp();
    open();
  }
  std::optional<sealing> seals() override {
    if (masters_.empty()) return std::nullopt;
    return sealing{clock_, random_, metrics_, masters_};
  }
  std::shared_ptr<const master_key> make_master() {
    return std::make_shared<const master_key>(secret(random_));
  }
  failure try_open() {
    return wait_for<failure>([&](auto done) { engine_->open({notes()}, done); });
  }
  void open() {
    const failure seen = try_open();
    ASSERT_EQ(seen.message, "");
  }
  // With these master keys, from now on.
  void restart(master_keys with) {
    stop();
    masters_ = std::move(with);
    start();
  }

  failure put(const boost::json::object& record) {
    return commit([&](batch& b) { b.put("desk.notes", record); }).why;
  }
  failure patch(const boost::json::array& key, const boost::json::object& fields) {
    return commit([&](batch& b) { b.patch("desk.notes", key, fields); }).why;
  }
  // What the engine says of one step of a batch that is then left.
  std::string complaint(const std::function<failure(batch&)>& step) {
    std::string out;
    on_loop([&] { out = step(*engine_->begin()).message; });
    return out;
  }
  struct read_one {
    failure why;
    std::optional<boost::json::object> record;
  };
  read_one read(const boost::json::array& key, std::string_view of = "desk.notes") {
    return wait_for<read_one>([&](auto done) {
      engine_->get(of, key, {}, [done](failure why, std::optional<boost::json::object> record) {
        done({std::move(why), std::move(record)});
      });
    });
  }
  boost::json::object get(const boost::json::array& key, std::string_view of = "desk.notes") {
    read_one seen = read(key, of);
    EXPECT_EQ(seen.why.message, "");
    return seen.record ? *seen.record : boost::json::object{{"nothing", true}};
  }
  struct read_many {
    failure why;
    std::vector<boost::json::object> records;
  };
  read_many range(const query& what, std::string_view of = "desk.notes") {
    return wait_for<read_many>([&](auto done) {
      engine_->range(of, what, {}, [done](failure why, std::vector<boost::json::object> all, bool) {
        done({std::move(why), std::move(all)});
      });
    });
  }
  failure erase_key(std::string_view subject) {
    return wait_for<failure>([&](auto done) { engine_->erase_key(subject, done); });
  }

  // As the driver counts collections: kernel.collections, kernel.data_keys, desk.notes.
  std::shared_ptr<table> as_stored(const collection& what, std::uint32_t number) {
    auto out = std::make_shared<table>();
    EXPECT_EQ(table::compile(number, what, *out), "");
    return out;
  }
  std::shared_ptr<table> notes_table() { return as_stored(notes(), 2); }

  texts raw(const table& of, const boost::json::array& key) {
    range_arguments what;
    EXPECT_EQ(what.prepare(of, key), "");
    return wait_for<texts>([&](auto done) {
      auto* given = new std::function<void(texts)>(done);
      host_->driver().read(
          host_->driver().self, &what.read,
          [](void* user, const parley_driver_rows* rows) {
            texts out;
            for (std::uint32_t i = 0; i < rows->row_count * rows->column_count; ++i) {
              const parley_cell& cell = rows->cells[i];
              out.push_back(cell.kind == PARLEY_STRING
                                ? std::string(cell.as.text.ptr, cell.as.text.len)
                                : "");
            }
            auto* to = static_cast<std::function<void(texts)>*>(user);
            small_host::loop->post([to, out] {
              (*to)(out);
              delete to;
            });
          },
          given);
    });
  }
  std::string raw(const boost::json::array& key, std::string_view field) {
    const auto of = notes_table();
    const texts row = raw(*of, key);
    const auto at = static_cast<std::size_t>(of->stored_at(field));
    return at < row.size() ? row[at] : "no such row";
  }
  // Past the engine.
  void write_raw(parley_driver_op op) {
    op.size = sizeof op;
    parley_driver_batch all{};
    all.size = sizeof all;
    all.ops = &op;
    all.op_count = 1;
    const auto seen = wait_for<parley_status>([&](auto done) {
      auto* given = new std::function<void(parley_status)>(done);
      host_->driver().commit(
          host_->driver().self, &all,
          [](void* user, const parley_driver_commit_result* result) {
            auto* to = static_cast<std::function<void(parley_status)>*>(user);
            small_host::loop->post([to, how = result->status] {
              (*to)(how);
              delete to;
            });
          },
          given);
    });
    ASSERT_EQ(seen, PARLEY_OK);
  }
  void set_raw(const boost::json::array& key, std::string_view field, const std::string& text) {
    set_raw(notes_table(), key, field, text);
  }
  void set_raw(const std::shared_ptr<table>& of, const boost::json::array& key,
               std::string_view field, const std::string& text) {
    range_arguments row;
    ASSERT_EQ(row.prepare(*of, key), "");
    const auto column = static_cast<std::uint32_t>(of->stored_at(field));
    parley_cell cell{};
    cell.kind = PARLEY_STRING;
    cell.as.text = {text.data(), text.size()};
    parley_driver_op op{};
    op.kind = PARLEY_OP_PATCH;
    op.collection = of->number();
    op.key = row.read.prefix;
    op.columns = &column;
    op.cells = &cell;
    op.cell_count = 1;
    write_raw(op);
  }
  // As another server would erase it: this one does not know.
  void erase_raw_key(std::string_view subject) {
    parley_cell key{};
    key.kind = PARLEY_STRING;
    key.as.text = {subject.data(), subject.size()};
    parley_driver_op op{};
    op.kind = PARLEY_OP_ERASE;
    op.collection = 1;
    op.key = &key;
    write_raw(op);
  }
  std::string key_of(std::string_view subject) {
    const texts row = raw(*as_stored(data_keys_collection(), 1), {boost::json::string(subject)});
    return row.empty() ? "" : row[1];
  }

  env::real_clock clock_;
  env::real_random random_;
  observe::metrics metrics_;
  std::shared_ptr<const master_key> master_;
  master_keys masters_;
};

} // namespace parley::storage
