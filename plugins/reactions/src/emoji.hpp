#pragma once

#include <string_view>

// Whether a text is one emoji, as people see it: a base with its modifiers, several that are
// joined, a flag, a keycap. It knows ranges rather than the table of Unicode, so that next year's
// emoji pass.
bool is_emoji(std::string_view text);
