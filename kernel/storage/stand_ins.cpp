#include "storage/stand_ins.hpp"

namespace parley::storage {

void fill_in(boost::json::value& value, const commit_result& numbers) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object) fill_in(member.value(), numbers);
  } else if (auto* array = value.if_array()) {
    for (auto& item : *array) fill_in(item, numbers);
  } else if (auto* number = value.if_int64(); number != nullptr && is_stand_in(*number)) {
    parley_next which{};
    if (!read_stand_in(*number, numbers.batch, numbers.first_numbers.size(), which)) return;
    *number = numbers.first_numbers[which.topic].second + which.offset;
  }
}

} // namespace parley::storage
