// Calls by HTTP: what is needed before there is a socket, such as logging in.

import type { Environment } from "./environment.js";
import { ParleyError, unreachable } from "./error.js";
import { LIMITS } from "./limits.js";

export interface RestOptions {
  body?: object;
  token?: string;
  timeoutMs?: number;
}

export async function rest<T>(
  environment: Pick<Environment, "fetch" | "setTimeout" | "clearTimeout">,
  verb: string,
  url: string,
  { body, token, timeoutMs = LIMITS.requestMs }: RestOptions = {},
): Promise<T> {
  const headers: Record<string, string> = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers["Authorization"] = `Bearer ${token}`;
  const giveUp = new AbortController();
  const timer = environment.setTimeout(() => giveUp.abort(), timeoutMs);
  let response: Response;
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
  } catch {
    throw unreachable();
  } finally {
    environment.clearTimeout(timer);
  }
  if (response.ok) return parsed as T;
  const inner = (parsed as { error?: unknown } | null)?.error;
  throw ParleyError.from(typeof inner === "object" && inner !== null ? inner : parsed);
}
