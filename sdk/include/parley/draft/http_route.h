/* HTTP routes (draft): for what cannot be a method because somebody else says how it looks, such as
 * webhooks. plugin.yaml declares each:
 *
 *   routes:
 *     paid: { http: POST /hooks/shop/{shop}, body_bytes: 65536, doc: The shop tells of a payment. }
 *
 * and the entry function provides it by parley.call/1 provide(PARLEY_ROUTE, "paid", ...). A route
 * is open to everybody: the handler checks signatures itself. Nothing is parsed; the kernel keeps
 * the size, the deadline and the limits of connections.
 */
#ifndef PARLEY_DRAFT_HTTP_ROUTE_H
#define PARLEY_DRAFT_HTTP_ROUTE_H

#include "../call.h"

#ifdef __cplusplus
extern "C" {
#endif

/* [logic] A kind of handler, beside those of call.h. The call has no principal; info gives its
 * remote address. Input:
 *   {method, path, params: {...}, query: {...}, headers: {...}, body, base64, remote}
 * Names of headers are in lower case; of a name that is given twice the last value counts. `body`
 * is text, or base64 (RFC 4648) with `base64` true where it is not UTF-8. Finish with {status,
 * headers?: {...}, body?, base64?}; status from 200 to 599, `content-type` among the headers
 * (text/plain; charset=utf-8 without). What is wrong there is the plugin's fault, and answered with
 * 500. `fail` answers as for a method: JSON, with the code's status. */
enum { PARLEY_ROUTE = 5 };

#ifdef __cplusplus
}
#endif
#endif
