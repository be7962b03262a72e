// What a backup puts back: rows and events as they were, past all checks of what plugins write.

#include "storage/batch.hpp"

namespace parley::storage {

parley_cell* batch_builder::copied(const parley_cell* from, std::size_t count) {
  parley_cell* out = cells(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = from[i];
    if (from[i].kind == PARLEY_STRING)
      out[i].as.text = kept({from[i].as.text.ptr, from[i].as.text.len}, memory_);
  }
  return out;
}

void batch_builder::restore(const table& of, const parley_cell* row) {
  parley_driver_op op{};
  op.size = sizeof op;
  op.kind = PARLEY_OP_PUT;
  op.collection = of.number();
  op.cells = copied(row, of.columns().size());
  op.cell_count = static_cast<std::uint32_t>(of.columns().size());
  ops_.push_back(op);
  reasons_.push_back(condition_reason::batch);
  add_words(of, op);
}

void batch_builder::restore_event(std::string_view topic, const parley_cell* event) {
  restore_head(topic, event[0].as.integer - 1);
  restore_in_log(topic, PARLEY_OP_APPEND, event + 1, 3);
}

void batch_builder::restore_head(std::string_view topic, std::int64_t head) {
  const parley_cell number{PARLEY_INTEGER, 0, {head}};
  restore_in_log(topic, PARLEY_OP_SKIP, &number, 1);
}

void batch_builder::restore_in_log(std::string_view topic, std::int32_t kind,
                                   const parley_cell* what, std::uint32_t count) {
  parley_driver_op op{};
  op.size = sizeof op;
  op.kind = kind;
  if (const problem why = topic_at(topic, op.topic); !why.empty()) {
    if (broken_.code == status::ok) broken_ = invalid(why);
    return;
  }
  op.cells = copied(what, count);
  op.cell_count = count;
  ops_.push_back(op);
  reasons_.push_back(condition_reason::batch);
}

} // namespace parley::storage
