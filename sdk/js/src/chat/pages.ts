// The pages of history: from the newest back, and around a message that was looked for.

import type { HistoryResult, Message } from "../api/messaging.js";
import { sentence } from "../error.js";
import type { Chat } from "./chat.js";
import type { Ask } from "./persist.js";
import { Timeline } from "./timeline.js";

const PAGE = 40;
const AROUND = 20; // messages before and after one that was looked for

interface Range {
  before?: number;
  after?: number;
  limit: number;
}

export class Pages {
  constructor(
    private readonly call: Ask,
    private readonly update: (chat: Chat, change: () => unknown) => void,
    // Messages that a timeline has got, up to `before`; to the newest where there is none.
    private readonly came: (chat: Chat, timeline: Timeline, items: readonly Message[], before?: number) => void,
    private readonly isOpen: (chat: Chat) => boolean,
    private readonly page = PAGE,
  ) {}

  history(chat: Chat, range: Range): Promise<HistoryResult> {
    return this.call("messaging.history", { conversation: chat.conversation.id, ...range });
  }

  // One page further back.
  async earlier(chat: Chat): Promise<void> {
    const timeline = chat.past ?? chat.timeline;
    const before = timeline.firstSeq;
    if (chat.fetching || timeline.complete || before === undefined) return;
    await this.fetch(chat, timeline, { before });
  }

  // One page further on, out of the past.
  async later(chat: Chat): Promise<void> {
    const after = chat.past?.last?.seq;
    if (chat.fetching || !chat.past || !chat.timeline.loaded || after === undefined) return;
    await this.fetch(chat, chat.past, { after });
  }

  // Sees to it that this message can be shown; false: it is not there any more.
  async reveal(chat: Chat, seq: number): Promise<boolean> {
    const { timeline } = chat;
    if (chat.past?.has(seq)) return true;
    const isKnown = timeline.loaded && (timeline.complete || (timeline.firstSeq ?? Infinity) <= seq);
    if (isKnown || timeline.has(seq)) {
      this.leavePast(chat);
      return timeline.has(seq);
    }
    const past = new Timeline();
    try {
      const [before, after] = await Promise.all([
        this.history(chat, { before: seq + 1, limit: AROUND }), this.history(chat, { after: seq, limit: AROUND })]);
      past.complete = !before.more;
      past.loaded = true;
      past.add([...before.items, ...after.items]);
      if (!past.has(seq) || !this.isOpen(chat)) return false;
      this.update(chat, () => {
        chat.past = past;
        this.join(chat, !after.more);
      });
      this.came(chat, past, past.all(), past.last!.seq + 1);
      return true;
    } catch (problem) {
      this.update(chat, () => (chat.problem = sentence(problem)));
      throw problem;
    }
  }

  // Back to the newest.
  leavePast(chat: Chat | undefined): void {
    if (chat?.past) this.update(chat, () => (chat.past = undefined));
  }

  // Once the past reaches what is up to the newest, there is one stretch again. `ended`: nothing is later.
  private join(chat: Chat, ended: boolean): void {
    const { past, timeline } = chat;
    if (!past || !timeline.loaded) return;
    if (!ended && (past.last?.seq ?? 0) < (timeline.firstSeq ?? Infinity)) return;
    timeline.add(past.all());
    timeline.complete ||= past.complete;
    chat.past = undefined;
  }

  // The page that did not come, once more.
  async again(chat: Chat): Promise<void> {
    await (chat.timeline.loaded ? this.earlier(chat) : this.newest(chat));
  }

  async newest(chat: Chat): Promise<void> {
    if (chat.fetching) return;
    await this.fetch(chat, chat.timeline, {});
  }

  private async fetch(chat: Chat, timeline: Timeline, from: { before?: number; after?: number }): Promise<void> {
    const { begun } = timeline;
    this.update(chat, () => {
      chat.fetching = true;
      chat.problem = undefined;
    });
    try {
      const page = await this.history(chat, { ...from, limit: this.page });
      if (timeline.begun === begun) {
        this.update(chat, () => {
          timeline.add(page.items);
          timeline.loaded = true;
          if (!page.more && from.after === undefined) timeline.complete = true;
          chat.last = chat.timeline.last ?? chat.last;
          this.join(chat, from.after !== undefined && !page.more);
        });
        const end = from.after === undefined ? from.before : (page.items.at(-1)?.seq ?? 0) + 1;
        this.came(chat, timeline, page.items, end);
      }
    } catch (problem) {
      this.update(chat, () => (chat.problem = sentence(problem)));
    }
    this.update(chat, () => (chat.fetching = false));
    // Begun again while the page was on its way: it may not join up with what came since.
    if (timeline.begun !== begun && this.isOpen(chat)) await this.newest(chat);
  }
}
