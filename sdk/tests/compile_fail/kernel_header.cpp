// A plugin sees the SDK and its own folder.
#include "env/env.hpp"
