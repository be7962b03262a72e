/* parley.metrics/1: counters, gauges and histograms of a plugin, beside the kernel's at /metrics.
 *
 * A plugin's metric NAME is shown as `plugin_PLUGIN_NAME` (hyphens become underscores) with the
 * label plugin="PLUGIN". Declare it once, keep the handle, and change it from any thread: that
 * costs an atomic addition. Values go on when the plugin is upgraded, and begin anew with the
 * server.
 */
#ifndef PARLEY_METRICS_H
#define PARLEY_METRICS_H

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define PARLEY_METRICS_INTERFACE "parley.metrics/1"

typedef uint64_t parley_metric; /* lives as long as the plugin; 0 is none */

enum {
  PARLEY_COUNTER = 1,  /* only grows; by convention its name ends in _total */
  PARLEY_GAUGE = 2,    /* goes up and down */
  PARLEY_HISTOGRAM = 3 /* how values are spread */
};

/* What there is to say once. Names: [a-z][a-z0-9_]*, at most 64 characters. Label values: at most
 * 64 bytes, few and known; never an id, an address or what a person wrote. */
typedef struct parley_metric_spec {
  uint32_t size;
  int32_t kind;
  parley_str name;
  parley_str help;                /* one sentence */
  const parley_str* label_names;  /* NULL: none */
  const parley_str* label_values; /* one for each name */
  uint32_t label_count;           /* at most 4 */
  uint32_t bound_count;           /* at most 32 */
  const double* bounds;           /* histograms: upper bounds, growing; NULL: 0.0005 to 10, for
                                   * times in seconds */
} parley_metric_spec;

typedef struct parley_metrics_api {
  uint32_t size;
  /* [init] [logic] Gives the handle of a metric; the same name and labels give the same one. LIMIT
   * beyond `limits.plugin_metrics` series of one plugin; INVALID where a name is not as said above,
   * or is that of another kind of metric. */
  parley_status (*declare)(const parley_host* host, const parley_metric_spec* spec,
                           parley_metric* out);
  /* [any-thread] To a counter (INVALID below 0) or a gauge. These three: STALE for what is no
   * handle of this plugin's, INVALID for one of another kind. */
  parley_status (*add)(const parley_host* host, parley_metric metric, int64_t by);
  /* [any-thread] Of a gauge. */
  parley_status (*set)(const parley_host* host, parley_metric metric, int64_t to);
  /* [any-thread] Into a histogram. INVALID for what is not finite. */
  parley_status (*record)(const parley_host* host, parley_metric metric, double value);
} parley_metrics_api;

#ifdef __cplusplus
}
#endif
#endif
