/* Everything stable. Interfaces under draft/ are included by name. */
#ifndef PARLEY_PARLEY_H
#define PARLEY_PARLEY_H

#include "abi.h"
#include "call.h"
#include "config.h"
#include "env.h"
#include "hook.h"
#include "log.h"
#include "metrics.h"
#include "offload.h"
#include "topic.h"
#include "value.h"

#endif
