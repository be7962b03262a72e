/* parley.config/1: what the operator wrote for this plugin, checked against the manifest's schema,
 * with its defaults filled in. */
#ifndef PARLEY_CONFIG_H
#define PARLEY_CONFIG_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_CONFIG_INTERFACE "parley.config/1"

typedef struct parley_config_api {
  uint32_t size;
  /* [init] [logic] The configuration as an object that lives as long as the plugin. */
  parley_status (*read)(const parley_host* host, parley_value* out);
} parley_config_api;

#ifdef __cplusplus
}
#endif
#endif
