#pragma once

// What authors of plugins ask, each in a file of its own.

#include "ctl/commands.hpp"

namespace parley::ctl {

int new_plugin(const arguments& given);
int inspect(const arguments& given);
int verify(const arguments& given);

} // namespace parley::ctl
