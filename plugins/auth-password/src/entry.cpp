#include "auth_password.hpp"

PARLEY_PLUGIN(auth_password_logins)
