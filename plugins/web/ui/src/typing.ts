// Who is writing just now, and telling others that this person is.

import type { TopicEvent } from "./types.ts";

const TELL_MS = 2_000;

interface Started {
  conversation: string;
  account: string;
  until: string;
}

export class Typing {
  private readonly writers = new Map<string, Map<string, ReturnType<typeof setTimeout>>>();
  private readonly told = new Map<string, number>(); // when, by conversation

  constructor(
    private readonly me: string,
    private readonly call: (method: string, params: object) => Promise<unknown>,
    private readonly changed: () => void,
  ) {}

  in(conversation: string): string[] {
    return [...(this.writers.get(conversation)?.keys() ?? [])];
  }

  // The person is writing. Said again from time to time; the server says for how long it holds.
  write(conversation: string): void {
    const now = performance.now();
    if (now - (this.told.get(conversation) ?? -TELL_MS) < TELL_MS) return;
    this.told.set(conversation, now);
    this.call("typing.start", { conversation }).catch(() => undefined); // nobody misses it
  }

  // What was written has been sent: the next word is news again.
  sent(conversation: string): void {
    this.told.delete(conversation);
  }

  receive(event: TopicEvent): void {
    if (event.event === "typing.started") {
      const { conversation, account, until } = event.data as Started;
      if (account === this.me) return;
      const writers = this.writers.get(conversation) ?? new Map();
      this.writers.set(conversation, writers);
      clearTimeout(writers.get(account));
      writers.set(account, setTimeout(() => this.stop(conversation, account), holds(until, event.at)));
      this.changed();
    } else if (event.event === "typing.stopped") {
      const { conversation, account } = event.data as Started;
      this.stop(conversation, account);
    }
  }

  stop(conversation: string, account: string): void {
    const writers = this.writers.get(conversation);
    if (!writers?.has(account)) return;
    clearTimeout(writers.get(account));
    writers.delete(account);
    this.changed();
  }
}

// By the server's clock alone: the one here may be wrong.
function holds(until: string, at: string | undefined): number {
  const ms = Date.parse(until) - (at === undefined ? Date.now() : Date.parse(at));
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 60_000) : 5_000;
}

export function typingLine(names: readonly string[]): string {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing…`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing…`;
  return "Several people are typing…";
}
