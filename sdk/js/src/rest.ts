// Calls by HTTP: what is needed before there is a socket, such as logging in.

import type { Environment } from "./environment.js";
import { ParleyError, noServer, unreachable } from "./error.js";
import { LIMITS } from "./limits.js";

export interface RestOptions {
  body?: object;
  token?: string;
  timeoutMs?: number;
  /** Nothing has come from this address yet: it may be wrong. */
  isFirst?: boolean;
}

export const isAddress = (url: string): boolean => /^(https?|wss?):\/\/[^/]/.test(url);

export async function rest<T>(
  environment: Pick<Environment, "fetch" | "setTimeout" | "clearTimeout">,
  verb: string,
  url: string,
  { body, token, timeoutMs = LIMITS.requestMs, isFirst = false }: RestOptions = {},
): Promise<T> {
  if (!isAddress(url)) throw noServer(url);
  const headers: Record<string, string> = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers["Authorization"] = `Bearer ${token}`;
  const giveUp = new AbortController();
  const timer = environment.setTimeout(() => giveUp.abort(), timeoutMs);
  let response: Response | undefined;
  let parsed: unknown;
  try {
    response = await environment.fetch(url, {
      method: verb,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
      credentials: "omit",
      cache: "no-store",
      signal: giveUp.signal,
    });
    const text = await response.text();
    parsed = text ? JSON.parse(text) : null;
  } catch (problem) {
    // Somebody else's page; or a proxy's, while the server that was there is away.
    if (isFirst && problem instanceof SyntaxError && response?.status === 404) throw noServer(url);
    throw unreachable();
  } finally {
    environment.clearTimeout(timer);
  }
  if (response.ok) return parsed as T;
  const inner = (parsed as { error?: unknown } | null)?.error;
  throw ParleyError.from(typeof inner === "object" && inner !== null ? inner : parsed);
}
