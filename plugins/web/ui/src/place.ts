// What is open stands in the address: a conversation (#c/ID), or a message in it (#c/ID/NUMBER).

export interface Place {
  conversation: string | undefined;
  seq: number | undefined;
}

export function place(conversation: string, seq?: number): string {
  return `#c/${encodeURIComponent(conversation)}${seq === undefined ? "" : `/${seq}`}`;
}

export function placeOf(hash: string): Place {
  const [, id, number] = /^#c\/([^/]+)(?:\/(\d{1,15}))?$/.exec(hash) ?? [];
  try {
    return { conversation: id && decodeURIComponent(id), seq: id && number ? Number(number) : undefined };
  } catch {
    return { conversation: undefined, seq: undefined };
  }
}
