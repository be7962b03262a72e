// The stored messages of one conversation that are held: an unbroken stretch, up to the newest
// or of what was before, in order of number, each once, however often and in whatever order it arrives.

import type { Message } from "../api/messaging.js";

export class Timeline {
  private messages: Message[] = [];
  private readonly gone = new Set<number>(); // deleted; a page that was on its way may hold them
  loaded = false; // the newest page is here
  complete = false; // nothing is earlier than the first message
  begun = 1; // how often it began

  all(): readonly Message[] {
    return this.messages;
  }

  get last(): Message | undefined {
    return this.messages[this.messages.length - 1];
  }

  get firstSeq(): number | undefined {
    return this.messages[0]?.seq;
  }

  has(seq: number): boolean {
    return this.messages[this.position(seq)]?.seq === seq;
  }

  // Says how many were new.
  add(arrived: readonly Message[]): number {
    let added = 0;
    for (const message of arrived) {
      if (this.gone.has(message.seq)) continue;
      const at = this.position(message.seq);
      if (this.messages[at]?.seq === message.seq) continue;
      this.messages.splice(at, 0, message);
      added += 1;
    }
    return added;
  }

  remove(seq: number): void {
    this.gone.add(seq);
    this.messages = this.messages.filter((message) => message.seq !== seq);
  }

  // The messages no longer join up with what is newer: begin again from the newest page.
  restart(page: readonly Message[] = []): void {
    this.messages = [];
    this.begun += 1;
    this.loaded = false;
    this.complete = false;
    this.add(page);
  }

  // Forgets the oldest; they can be fetched again.
  keepNewest(count: number): void {
    if (this.messages.length <= count) return;
    this.messages = this.messages.slice(-count);
    this.complete = false;
  }

  // Where a message of this number belongs. Searched from the end, where nearly all of them go.
  private position(seq: number): number {
    let at = this.messages.length;
    while (at > 0 && this.messages[at - 1]!.seq >= seq) at -= 1;
    return at;
  }
}
