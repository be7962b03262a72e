#include "driver.hpp"

#include <utility>

namespace storage_memory {

namespace {

driver& of(void* self) {
  return *static_cast<driver*>(self);
}

void tell(const rows& what, parley_driver_rows_done done, void* user) {
  std::vector<parley_cell> cells;
  for (const row& each : what.all)
    for (const cell& value : each) cells.push_back(to_c(value));
  parley_driver_rows out{};
  out.size = sizeof out;
  out.status = what.status;
  out.cells = cells.data();
  out.row_count = static_cast<std::uint32_t>(what.all.size());
  out.column_count = what.all.empty() ? 0 : static_cast<std::uint32_t>(what.all[0].size());
  out.more = what.more ? 1 : 0;
  out.error = borrow(what.error);
  done(user, &out);
}

void tell(const outcome& what, parley_driver_committed done, void* user) {
  parley_driver_commit_result out{};
  out.size = sizeof out;
  out.status = what.status;
  out.failed_op = what.failed_op;
  out.first_numbers = what.first_numbers.data();
  out.error = borrow(what.error);
  done(user, &out);
}

} // namespace

driver::driver(std::shared_ptr<store> over, later answer)
    : store_(std::move(over)), later_(std::move(answer)) {
  face_.size = sizeof face_;
  face_.self = this;
  face_.open = [](void* self, const parley_collection* collections, std::uint32_t count,
                  parley_driver_rows_done done, void* user) {
    of(self).store_->forget_shapes();
    of(self).widen(collections, count, nullptr, done, user);
  };
  face_.widen = [](void* self, const parley_collection* collections, std::uint32_t count,
                   parley_driver_progress progress, parley_driver_rows_done done,
                   void* user) { of(self).widen(collections, count, progress, done, user); };
  face_.commit = [](void* self, const parley_driver_batch* batch, parley_driver_committed done,
                    void* user) { of(self).commit(*batch, done, user); };
  face_.read = [](void* self, const parley_driver_read* what, parley_driver_rows_done done,
                  void* user) { of(self).answer(of(self).store_->read(*what), done, user); };
  face_.search = [](void* self, const parley_driver_search* what, parley_driver_rows_done done,
                    void* user) { of(self).answer(of(self).store_->search(*what), done, user); };
  face_.read_through = [](void* self, const parley_driver_through* what,
                          parley_driver_rows_done done, void* user) {
    of(self).answer(of(self).store_->read_through(*what), done, user);
  };
  face_.read_log = [](void* self, const parley_driver_log_read* what, parley_driver_rows_done done,
                      void* user) {
    of(self).answer(of(self).store_->read_log(*what), done, user);
  };
  face_.read_logs = [](void* self, const parley_driver_log_read* from, parley_driver_rows_done done,
                       void* user) {
    of(self).answer(of(self).store_->read_logs(*from), done, user);
  };
  face_.heads = [](void* self, const parley_str* topics, std::uint32_t count,
                   parley_driver_rows_done done, void* user) {
    of(self).answer(of(self).store_->heads(topics, count), done, user);
  };
  face_.trim_log = [](void* self, parley_str before, std::uint32_t limit,
                      parley_driver_rows_done done, void* user) {
    rows out;
    out.more = of(self).store_->trim_log(view(before), limit);
    of(self).answer(out, done, user);
  };
  face_.dump = [](void* self, const parley_driver_dump* how, parley_driver_rows_done done,
                  void* user) {
    of(self).give_next(std::make_shared<dump>(*of(self).store_, *how, user), done, user);
  };
  face_.close = [](void* self, parley_driver_rows_done done, void* user) {
    of(self).answer({}, done, user);
  };
}

// All is done when it is asked for; only the answer comes later.
void driver::answer(rows what, parley_driver_rows_done done, void* user) const {
  later_([what = std::move(what), done, user] { tell(what, done, user); });
}

// A turn a piece, so that others get theirs in between.
void driver::give_next(const std::shared_ptr<dump>& from, parley_driver_rows_done done,
                       void* user) const {
  later_([this, from, done, user] {
    if (from->next()) return give_next(from, done, user);
    rows out;
    if (from->was_stopped()) out.status = PARLEY_E_CANCELLED;
    tell(out, done, user);
  });
}

void driver::commit(const parley_driver_batch& batch, parley_driver_committed done, void* user) {
  later_([what = store_->commit(batch), done, user] { tell(what, done, user); });
}

void driver::widen(const parley_collection* collections, std::uint32_t count,
                   parley_driver_progress progress, parley_driver_rows_done done, void* user) {
  rows out;
  out.error = store_->widen(collections, count);
  if (!out.error.empty()) out.status = PARLEY_E_INVALID;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> filled; // collection, rows
  const std::uint32_t first = store_->shape_count() - count;
  for (std::uint32_t i = 0; progress != nullptr && out.error.empty() && i < count; ++i)
    if (collections[i].fill_count > 0) filled.emplace_back(i, store_->size_of(first + i));
  later_([out, filled, progress, done, user] {
    for (const auto& [collection, size] : filled) progress(user, collection, size, size);
    tell(out, done, user);
  });
}

} // namespace storage_memory
