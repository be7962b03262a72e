#pragma once

// Damage that a machine which went down may have left in a file: looked for when it is opened next.

#include "settings.hpp"
#include "sqlite.hpp"

#include <string>

namespace parley::storage_sqlite {

// Before the file is opened: whether the last one to use it could not close it.
bool was_left_open(const std::string& path);

// Gives a sentence where the file is damaged, and tells what was looked at.
std::string look_for_damage(database& file, const settings& with);

} // namespace parley::storage_sqlite
