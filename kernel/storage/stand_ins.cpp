#include "storage/stand_ins.hpp"

namespace parley::storage {

bool holds_stand_in(const boost::json::value& value) {
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      if (holds_stand_in(member.value())) return true;
    }
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) {
      if (holds_stand_in(item)) return true;
    }
  } else if (const auto* number = value.if_int64()) {
    return is_stand_in(*number);
  }
  return false;
}

namespace {

void number_stand_ins(boost::json::value& value) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object) number_stand_ins(member.value());
  } else if (auto* array = value.if_array()) {
    for (auto& item : *array) number_stand_ins(item);
  } else if (auto* number = value.if_int64(); number && is_stand_in(*number)) {
    *number = 1;
  }
}

} // namespace

boost::json::value with_numbers(boost::json::value value) {
  number_stand_ins(value);
  return value;
}

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
