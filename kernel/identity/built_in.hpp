#pragma once

#include "parley/abi.h"

// The entry function of the kernel's own plugin `identity` (plugin.yaml): the account methods.
// Called like that of any other plugin, but not looked up in a library.
parley_status parley_identity_entry(const parley_host* host, parley_plugin* out);
