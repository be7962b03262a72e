// The stream of events for one who must see every message: what a gap of a conversation hides is fetched
// from its history, and stands in its place.

import type { Message } from "../api/messaging.js";
import type { Client } from "../client.js";
import { ParleyError } from "../error.js";
import type { AnyEvent } from "../frames.js";
import { split } from "../topic.js";
import { persistent } from "./persist.js";

const PAGE = 200;

/**
 * As `client.events()`, begun at once; after each `gap` of a conversation come, as `message.created`, the messages
 * that it hid. What else happened in a gap, such as deletions, is not told.
 */
export function eventsWithoutGaps<E>(client: Client<any, E>): AsyncIterableIterator<AnyEvent<E>> {
  const events = client.events();
  return fill(client, events);
}

async function* fill<E>(client: Client<any, E>, events: AsyncIterableIterator<AnyEvent<E>>): AsyncIterableIterator<AnyEvent<E>> {
  for await (const event of events) {
    yield event;
    if (event.event !== "gap" || !event.topic.startsWith("conversation:")) continue;
    const { seq, data } = event as { seq: number; data: { after: number } };
    try {
      for await (const message of hidden(client, split(event.topic)[1], data.after, seq)) {
        const { at } = message;
        yield { topic: event.topic, seq: message.seq, event: "message.created", data: message, at } as AnyEvent<E>;
      }
    } catch (problem) {
      const code = problem instanceof ParleyError ? problem.code : "";
      if (code === "closed") return; // what comes after a gap is not given before what it hid
      if (code !== "forbidden") throw problem; // left meanwhile
    }
  }
}

async function* hidden(client: Client<any, any>, conversation: string, after: number, end: number): AsyncIterableIterator<Message> {
  const ask = persistent(client);
  for (let more = true; more && after < end;) {
    const page = await ask("messaging.history", { conversation, after, limit: PAGE });
    for (const message of page.items) {
      if (message.seq > end) return; // comes as an event
      yield message;
    }
    after = page.items.at(-1)?.seq ?? end;
    more = page.more;
  }
}
