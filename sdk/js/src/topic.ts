/** "conversation:ID" in its two parts. */
export function split(topic: string): [kind: string, id: string] {
  const at = topic.indexOf(":");
  return [topic.slice(0, at), topic.slice(at + 1)];
}
