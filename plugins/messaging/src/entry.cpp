#include "messaging.hpp"

PARLEY_PLUGIN(messaging)
