// What the protocol cannot carry, U+0000 and halves of a character, would end the connection. It comes
// from pasting, and nobody misses it.

export function sendable(text: string): string {
  return text.replaceAll("\u0000", "").replace(/\p{Surrogate}/gu, "\ufffd");
}
