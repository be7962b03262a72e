#include "storage/sealed_reader.hpp"

#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "storage/sealed_events.hpp"

namespace parley::storage {
namespace {

std::string_view view(const parley_cell& of) {
  return of.kind == PARLEY_STRING ? std::string_view(of.as.text.ptr, of.as.text.len)
                                  : std::string_view();
}

} // namespace

void sealed_reader::open(const table& of, row_copy&& rows, const opened& then) const {
  std::set<key_id> keys;
  for (const sealed_column& each : of.sealed()) {
    for (std::uint32_t i = 0; i < rows.count; ++i) {
      key_id id{};
      if (read_key_of(view(rows.row(i)[each.column]), id)) keys.insert(id);
    }
  }
  open(keys, std::move(rows), then);
}

void sealed_reader::open_log(row_copy&& rows, std::uint32_t data_column, const opened& then) const {
  std::set<key_id> keys;
  for (std::uint32_t i = 0; i < rows.count; ++i) {
    const std::string_view data = view(rows.row(i)[data_column]);
    if (is_sealed_event(data)) add_keys_of(data, keys);
  }
  open(keys, std::move(rows), then);
}

void sealed_reader::open(const std::set<key_id>& keys, row_copy&& rows, const opened& then) const {
  if (keys.empty()) return then(rows, {});
  if (!keys_) {
    rows.why = {status::unavailable,
                "what is sealed cannot be read: storage.master_keys names no master key"};
    return then(rows, {});
  }
  struct gathering {
    row_copy rows;
    opened then;
    std::size_t missing;
    unsealer with{};
  };
  auto all = std::make_shared<gathering>(gathering{std::move(rows), then, keys.size()});
  for (const key_id& id : keys) {
    keys_->by_id(id, [all, id](const failure& why, const data_key_ptr& key) {
      if (why.code != status::ok) all->rows.why = why;
      all->with.add(id, key);
      if (--all->missing == 0) all->then(all->rows, all->with);
    });
  }
}

failure sealed_reader::damaged(const problem& why, std::string_view collection) const {
  observe::write(observe::level::error, "what is stored is damaged", {{"why", why}});
  if (metrics_ != nullptr) {
    metrics_
        ->add_counter("parley_sealed_damaged_total",
                      "Reads that met what is not as it was written, sealed fields above all.",
                      {{"collection", std::string(collection)}})
        .add();
  }
  return {status::damaged, why};
}

} // namespace parley::storage
