// What has to come in the end: asked again as long as the failure is a temporary one.

import { Backoff } from "../backoff.js";
import type { Client } from "../client.js";
import { isTemporary } from "../error.js";
import type { ParleyError } from "../error.js";
import type { Params, Result } from "../frames.js";
import type { ShippedMethods } from "../api/index.js";

export type Method = keyof ShippedMethods & string;
export type Ask = <K extends Method>(method: K, params: Params<ShippedMethods, K>) => Promise<Result<ShippedMethods, K>>;

/** For methods that only read. */
export function persistent(client: Client<any, any>): Ask {
  const { environment, limits } = client;
  return async (method, params) => {
    const backoff = new Backoff(environment.random, limits.firstWaitMs, limits.longestWaitMs);
    for (;;) {
      try {
        return (await client.call(method, params, { repeat: true, timeoutMs: 0 })) as never;
      } catch (problem) {
        if (!isTemporary(problem)) throw problem;
        const wait = Math.max((problem as ParleyError).retryAfterMs, backoff.next());
        await new Promise<void>((resolve) => environment.setTimeout(resolve, wait));
      }
    }
  };
}

/** All pages of a list, each after the key of the last of the one before. */
export async function allPages<T>(
  page: (after: string | undefined) => Promise<{ items: T[]; more: boolean }>,
  key: (item: T) => string,
): Promise<T[]> {
  const all: T[] = [];
  for (let after: string | undefined; ;) {
    const { items, more } = await page(after);
    all.push(...items);
    const last = items.at(-1);
    if (!more || !last) return all;
    after = key(last);
  }
}
