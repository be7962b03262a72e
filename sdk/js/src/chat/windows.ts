// Which conversations there are: the newest activity first, a window at a time; and single ones that are wanted,
// or heard of, before their window is.

import type { Overview } from "../api/messaging.js";
import type { Ask } from "./persist.js";

export class Windows {
  /** The first window is here. */
  listed = false;
  /** There is none behind those that are here. */
  complete = false;
  private next: string | undefined;
  private listing: "no" | "once" | "again" = "no";
  private readonly early = new Set<string>(); // heard of before the first window
  private readonly sought = new Map<string, Promise<void>>();
  private readonly left = new Map<string, number>(); // and when: what was asked before does not bring them back
  private now = 0;

  constructor(
    private readonly ask: Ask,
    private readonly learn: (one: Overview) => void,
    // There are no others.
    private readonly keepOnly: (conversations: ReadonlySet<string>) => void,
    private readonly report: (what: string, problem: unknown) => void,
  ) {}

  /** The first window, and once more where something may have changed while it was on its way. */
  async first(): Promise<void> {
    if (this.listing !== "no") return void (this.listing = "again");
    try {
      do {
        this.listing = "once";
        await this.fetch(undefined);
      } while ((this.listing as string) === "again");
      this.listed = true;
    } catch (problem) {
      this.report("conversations", problem); // it stays unlisted: asked again when next live
    } finally {
      this.listing = "no";
    }
    if (!this.listed) return;
    for (const conversation of this.early) void this.seek(conversation);
    this.early.clear();
  }

  /** The window behind those that are here. */
  async more(): Promise<void> {
    if (!this.listed || this.complete || this.listing !== "no") return;
    this.listing = "once";
    try {
      await this.fetch(this.next);
    } catch (problem) {
      this.complete = true; // asked again it would be refused again
      this.report("conversations", problem);
    }
    const again = (this.listing as string) === "again";
    this.listing = "no";
    if (again) await this.first();
  }

  /** A single one. */
  seek(conversation: string): Promise<void> {
    let answer = this.sought.get(conversation);
    if (!answer) {
      answer = this.fetchOne(conversation);
      this.sought.set(conversation, answer);
      void answer.then(() => this.sought.get(conversation) === answer && this.sought.delete(conversation));
    }
    return answer;
  }

  /** As it is now: what was asked before may have something that has been deleted. */
  anew(conversation: string): void {
    this.leave(conversation);
    this.sought.delete(conversation);
    void this.seek(conversation);
  }

  isSought(conversation: string): boolean {
    return this.sought.has(conversation);
  }

  /** There is one that is not here. */
  heardOf(conversation: string): void {
    if (this.listed) void this.seek(conversation);
    else this.early.add(conversation);
  }

  leave(conversation: string): void {
    this.early.delete(conversation);
    this.left.set(conversation, ++this.now);
  }

  comeBack(conversation: string): void {
    this.left.delete(conversation);
  }

  private async fetch(before: string | undefined): Promise<void> {
    const asked = ++this.now;
    const { items, next } = await this.ask("messaging.recent", before === undefined ? {} : { before });
    this.next = next;
    this.complete = next === undefined;
    if (before === undefined && this.complete) this.keepOnly(new Set(items.map((one) => one.conversation.id)));
    for (const one of items) this.take(one, asked);
  }

  private async fetchOne(conversation: string): Promise<void> {
    const asked = ++this.now;
    try {
      this.take(await this.ask("messaging.overview", { conversation }), asked);
    } catch (problem) {
      this.report("conversation", problem);
    }
  }

  private take(one: Overview, asked: number): void {
    if ((this.left.get(one.conversation.id) ?? 0) < asked) this.learn(one);
  }
}
