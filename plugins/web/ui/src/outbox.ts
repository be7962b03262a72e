// Messages that the server has not answered yet. They are kept over a reload, and sent again with the
// same id until there is an answer; the server stores each id once. One at a time for each conversation,
// so that they stay in the order in which they were written.

import { Backoff } from "./backoff.ts";
import { CallError, sentence } from "./call_error.ts";
import type { Message } from "./types.ts";

export interface Unsent {
  id: string;
  conversation: string;
  text: string;
  at: string;
  state: "sending" | "waiting" | "refused"; // waiting: failed for now, is tried again by itself
  reason?: string;
}

export interface Shelf {
  load(): Unsent[];
  save(entries: Unsent[]): void;
}

type Send = (entry: Unsent) => Promise<Message>;
type Later = (run: () => void, ms: number) => void;

export class Outbox {
  private entries: Unsent[];
  private readonly busy = new Set<string>(); // conversations with a send on its way
  private readonly backoff = new Backoff();

  constructor(
    private readonly shelf: Shelf,
    private readonly send: Send,
    private readonly stored: (message: Message) => void,
    private readonly changed: () => void,
    private readonly later: Later = (run, ms) => void setTimeout(run, ms),
  ) {
    this.entries = shelf.load().map((entry) =>
      entry.state === "refused" ? entry : { ...entry, state: "sending" });
  }

  of(conversation: string): Unsent[] {
    return this.entries.filter((entry) => entry.conversation === conversation);
  }

  get size(): number {
    return this.entries.length;
  }

  add(entry: Omit<Unsent, "state">): void {
    this.entries.push({ ...entry, state: "sending" });
    this.keep();
    this.pump(entry.conversation);
  }

  resumeAll(): void {
    for (const conversation of new Set(this.entries.map((entry) => entry.conversation))) {
      this.pump(conversation);
    }
  }

  // Answered, or seen among the events before its answer came.
  settle(id: string): void {
    const before = this.entries.length;
    this.entries = this.entries.filter((entry) => entry.id !== id);
    if (this.entries.length !== before) this.keep();
  }

  retry(id: string): void {
    const entry = this.entries.find((one) => one.id === id);
    if (!entry || entry.state !== "refused") return;
    this.mark(entry, "sending");
    this.pump(entry.conversation);
  }

  private pump(conversation: string): void {
    if (this.busy.has(conversation)) return;
    const entry = this.entries.find(
      (one) => one.conversation === conversation && one.state !== "refused");
    if (!entry) return;
    this.busy.add(conversation);
    this.mark(entry, "sending");
    this.send(entry).then(
      (message) => {
        this.backoff.reset();
        this.stored(message);
        this.settle(entry.id);
        this.next(conversation);
      },
      (problem: unknown) => this.failed(entry, problem),
    );
  }

  private failed(entry: Unsent, problem: unknown): void {
    if (problem instanceof CallError && problem.temporary) {
      this.mark(entry, "waiting", problem.message);
      const wait = Math.max(problem.retryAfterMs, this.backoff.next());
      this.later(() => this.next(entry.conversation), wait);
      return;
    }
    this.mark(entry, "refused", sentence(problem));
    this.next(entry.conversation);
  }

  private next(conversation: string): void {
    this.busy.delete(conversation);
    this.pump(conversation);
  }

  private mark(entry: Unsent, state: Unsent["state"], reason?: string): void {
    entry.state = state;
    entry.reason = reason;
    this.keep();
  }

  private keep(): void {
    this.shelf.save(this.entries);
    this.changed();
  }
}
