// The polls of the conversations that this window holds. Every event brings all counts, so the newest
// one holds.

import type { Page, Poll, TopicEvent } from "./types.ts";

export interface NewPoll {
  question: string;
  options: string[];
  several: boolean;
  closes_in_seconds?: number;
}

interface Results {
  conversation: string;
  poll: string;
  counts: number[];
  voters: number;
}

interface Held {
  polls: Map<string, Poll>;
  choices: Map<string, number[]>; // of this person, options from 1 on
  oldest: string | undefined; // from where earlier ones are fetched
  complete: boolean;
}

type Call = <T>(method: string, params: object) => Promise<T>;

export class Polls {
  private readonly held = new Map<string, Held>(); // by conversation
  private readonly meanwhile = new Set<TopicEvent[]>(); // what comes while polls are on their way

  constructor(private readonly call: Call, private readonly changed: () => void) {}

  of(conversation: string): Poll[] {
    return [...(this.held.get(conversation)?.polls.values() ?? [])].sort((a, b) => a.seq - b.seq);
  }

  choice(poll: Poll): number[] {
    return this.held.get(poll.conversation)?.choices.get(poll.id) ?? [];
  }

  // Those that stand below the message numbered `from`. `again`: from the newest on.
  async load(conversation: string, from: number, again: boolean): Promise<void> {
    const events: TopicEvent[] = [];
    this.meanwhile.add(events);
    try {
      const held = this.in(conversation);
      if (again) Object.assign(held, { oldest: undefined, complete: false });
      for (let reached = Infinity; !held.complete && reached >= from;) {
        const before = held.oldest;
        const page = await this.call<Page<Poll>>(
          "polls.list", before === undefined ? { conversation } : { conversation, before });
        for (const poll of page.items) {
          // Where it is known the record stays the same one: a card shows it.
          held.polls.set(poll.id, Object.assign(held.polls.get(poll.id) ?? poll, poll));
        }
        await Promise.all(page.items.map((poll) => this.ask(poll)));
        const last = page.items[page.items.length - 1];
        held.complete = !page.more || !last;
        held.oldest = last?.id ?? before;
        reached = last?.seq ?? 0;
      }
    } finally {
      this.meanwhile.delete(events);
      for (const event of events) this.receive(event);
      this.changed();
    }
  }

  receive(event: TopicEvent): void {
    if (!event.event.startsWith("poll.")) return;
    for (const one of this.meanwhile) one.push(event);
    if (event.event === "poll.created") {
      const poll = event.data as Poll;
      const { polls } = this.in(poll.conversation);
      if (!polls.has(poll.id)) polls.set(poll.id, poll);
    } else {
      const { conversation, poll: id, counts, voters } = event.data as Results;
      const poll = this.held.get(conversation)?.polls.get(id);
      if (poll) Object.assign(poll, { counts, voters, open: poll.open && event.event !== "poll.closed" });
    }
    this.changed();
  }

  create(conversation: string, id: string, poll: NewPoll): Promise<unknown> {
    return this.call("polls.create", { conversation, id, ...poll });
  }

  async vote(poll: Poll, choice: number[]): Promise<void> {
    const { conversation, id } = poll;
    const { choices } = this.in(conversation);
    const before = choices.get(id) ?? [];
    choices.set(id, choice); // at once: the results may come before the reply, and paint the card
    try {
      await this.call("polls.vote", { conversation, poll: id, choice });
    } catch (problem) {
      choices.set(id, before);
      throw problem;
    } finally {
      this.changed();
    }
  }

  async close({ conversation, id }: Poll): Promise<void> {
    await this.call("polls.close", { conversation, poll: id });
  }

  private async ask({ conversation, id }: Poll): Promise<void> {
    const { choices } = this.in(conversation);
    const before = choices.get(id);
    const { choice } = await this.call<{ choice: number[] }>("polls.get", { conversation, poll: id });
    if (choices.get(id) === before) choices.set(id, choice); // nobody has voted here meanwhile
  }

  private in(conversation: string): Held {
    let held = this.held.get(conversation);
    if (!held) {
      held = { polls: new Map(), choices: new Map(), oldest: undefined, complete: false };
      this.held.set(conversation, held);
    }
    return held;
  }
}
