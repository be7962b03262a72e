// What the protocol cannot carry, U+0000 and halves of a character, would end the connection. It comes
// from pasting, and nobody misses it.

export function sendable(text: string): string {
  return text.replace(/\u0000/g, "").replace(/\p{Surrogate}/gu, "\ufffd");
}

// JSON.stringify writes both as escapes, and nothing else that a text holds.
const ESCAPES = /\\(?:(u0000|ud[89a-f][0-9a-f]{2})|.)/g;

/** Whether JSON text, as JSON.stringify writes it, is free of both. */
export function isSendable(json: string): boolean {
  for (const [, bad] of json.matchAll(ESCAPES)) if (bad !== undefined) return false;
  return true;
}

/** In UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
