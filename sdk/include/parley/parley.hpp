#pragma once

// The C++20 view of the SDK. What a plugin's own code needs comes with its generated header,
// NAME.plugin.hpp, which includes this.

#include "parley/call.hpp"
#include "parley/env.hpp"
#include "parley/ephemeral.hpp"
#include "parley/error.hpp"
#include "parley/hook.hpp"
#include "parley/host.hpp"
#include "parley/identity.hpp"
#include "parley/metrics.hpp"
#include "parley/offload.hpp"
#include "parley/operation.hpp"
#include "parley/plugin.hpp"
#include "parley/scope.hpp"
#include "parley/storage.hpp"
#include "parley/task.hpp"
#include "parley/topic.hpp"
#include "parley/value.hpp"
