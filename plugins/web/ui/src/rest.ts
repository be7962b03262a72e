// The methods that are called before there is a socket: registering, logging in, refreshing.

import { CallError, unreachable } from "./call_error.ts";

const PATIENCE_MS = 20_000;

export async function rest<T>(verb: "GET" | "POST", path: string, body?: object, token?: string): Promise<T> {
  const headers: Record<string, string> = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers["Authorization"] = `Bearer ${token}`;
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), PATIENCE_MS);
  let response: Response;
  let parsed: unknown;
  try {
    response = await fetch(path, {
      method: verb,
      headers,
      body: body ? JSON.stringify(body) : undefined,
      credentials: "omit",
      cache: "no-store",
      signal: giveUp.signal,
    });
    const text = await response.text();
    parsed = text ? JSON.parse(text) : {};
  } catch {
    throw unreachable();
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return parsed as T;
  // Some errors come wrapped as {error: {…}}, as on the socket.
  const inner = (parsed as { error?: unknown } | null)?.error;
  throw CallError.from(typeof inner === "object" && inner !== null ? inner : parsed);
}
