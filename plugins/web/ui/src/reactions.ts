// Who reacted to which message with what: counts from the server, kept current by events. An event is
// counted once, whether the counts that came held it or not: each knows the number of its last one.

import type { Page, TopicEvent } from "./types.ts";

export interface Tally {
  emoji: string;
  count: number;
  mine: boolean;
  seq: number; // of the last event that is counted in
  who: string[] | undefined; // accounts, once somebody asked
}

interface Reaction {
  conversation: string;
  message: number;
  emoji: string;
  account: string;
}

interface Counted {
  message: number;
  emoji: string;
  count: number;
  seq: number;
  mine: boolean;
}

type Call = <T>(method: string, params: object) => Promise<T>;

export class Reactions {
  private readonly tallies = new Map<string, Map<string, Tally>>(); // by conversation and message
  private readonly meanwhile = new Set<TopicEvent[]>(); // what comes while counts are on their way

  constructor(
    private readonly me: string,
    private readonly call: Call,
    private readonly changed: () => void,
  ) {}

  of(conversation: string, message: number): Tally[] {
    return [...(this.tallies.get(place(conversation, message))?.values() ?? [])];
  }

  // The counts of a page of history.
  async load(conversation: string, from: number, to: number): Promise<void> {
    const events: TopicEvent[] = [];
    this.meanwhile.add(events);
    try {
      const page = await this.call<Page<Counted>>("reactions.counts", { conversation, from, to });
      const last = page.items[page.items.length - 1];
      const end = page.more && last ? last.message : to;
      this.forget(conversation, from, end);
      for (const { message, emoji, count, seq, mine } of page.items) {
        this.message(conversation, message).set(emoji, { emoji, count, mine, seq, who: undefined });
      }
      this.meanwhile.delete(events);
      for (const event of events) this.receive(event);
      if (page.more && end > from) await this.load(conversation, end, to);
    } finally {
      this.meanwhile.delete(events);
      this.changed();
    }
  }

  receive(event: TopicEvent): void {
    if (event.event !== "reaction.added" && event.event !== "reaction.removed") return;
    for (const one of this.meanwhile) one.push(event);
    const { conversation, message, emoji, account } = event.data as Reaction;
    const tallies = this.message(conversation, message);
    const tally = tallies.get(emoji) ?? { emoji, count: 0, mine: false, seq: 0, who: undefined };
    const seq = event.seq ?? 0;
    if (seq <= tally.seq) return;
    const added = event.event === "reaction.added";
    tally.seq = seq;
    tally.count += added ? 1 : -1;
    if (account === this.me) tally.mine = added;
    if (tally.who) tally.who = [...tally.who.filter((one) => one !== account), ...(added ? [account] : [])];
    if (tally.count > 0) tallies.set(emoji, tally);
    else tallies.delete(emoji);
    this.changed();
  }

  async toggle(conversation: string, message: number, emoji: string): Promise<void> {
    const mine = this.tallies.get(place(conversation, message))?.get(emoji)?.mine ?? false;
    await this.call(mine ? "reactions.remove" : "reactions.add", { conversation, message, emoji });
  }

  // Asked when somebody wants to know; kept current from then on.
  async ask(conversation: string, message: number, tally: Tally): Promise<void> {
    if (tally.who) return;
    tally.who = [];
    const page = await this.call<Page<Reaction>>(
      "reactions.who", { conversation, message, emoji: tally.emoji, limit: 20 });
    tally.who = page.items.map((one) => one.account);
    this.changed();
  }

  drop(conversation: string, message: number): void {
    this.tallies.delete(place(conversation, message));
  }

  private forget(conversation: string, from: number, to: number): void {
    for (const key of this.tallies.keys()) {
      const [of, number] = key.split(" ") as [string, string];
      if (of === conversation && Number(number) >= from && Number(number) <= to) this.tallies.delete(key);
    }
  }

  private message(conversation: string, message: number): Map<string, Tally> {
    const key = place(conversation, message);
    let found = this.tallies.get(key);
    if (!found) this.tallies.set(key, (found = new Map()));
    return found;
  }
}

function place(conversation: string, message: number): string {
  return `${conversation} ${message}`; // ids have no spaces
}
