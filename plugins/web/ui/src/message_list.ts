// The messages of one conversation, and below them what is still to be sent.

import { avatar, paintAvatar } from "./avatar.ts";
import type { Entry } from "@parley/client";
import type { Chat, Chats } from "./chats.ts";
import { arrange, el, setText } from "./dom.ts";
import { PollCard } from "./poll_card.ts";
import { MessageActions } from "./message_actions.ts";
import { dayOf, dayTitle, timeOfDay } from "./times.ts";
import type { Message, Poll } from "./types.ts";

const NEAR_END = 80; // pixels from the end that still count as being there
const NEAR_TOP = 200; // pixels from the top at which what is earlier is fetched
const MOST = 600; // messages that are kept while the person is at the end
const TOGETHER_MS = 5 * 60 * 1000; // messages of one person this close share one heading

export class MessageList {
  private readonly list = el("ol", { class: "messages" });
  private readonly note = el("span");
  private readonly again = el("button", { type: "button", class: "link" }, "Try again");
  private readonly top = el("p", { class: "note top" }, this.note, " ", this.again);
  readonly lost = el("p", { class: "note", role: "status" });
  readonly element = el("div", { class: "log", role: "log", "aria-label": "Messages", tabindex: "0" },
    this.top, this.list);
  readonly newest = el("button", { type: "button", class: "newest" }, "Go to the newest messages");
  private readonly rows = new Map<string, HTMLElement>();
  private readonly cards = new Map<string, PollCard>();
  private readonly actions = new Map<HTMLElement, MessageActions>();
  private atEnd = true;
  private end = 0; // where the end was when the list was last put there
  private painted = false;
  private wantedSeq: number | undefined; // where the person is to be led

  constructor(private readonly chats: Chats, private readonly chat: Chat) {
    this.element.setAttribute("aria-live", "off"); // until the first page is there: see paint()
    this.element.addEventListener("scroll", () => this.scrolled());
    this.again.addEventListener("click", () => void this.chats.pages.again(this.chat));
    this.newest.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => {
      this.noticeLeaving();
      if (this.atEnd) this.scrollToEnd();
      this.fill();
    }).observe(this.element);
  }

  paint(): void {
    this.noticeLeaving();
    const { fetching, problem, past } = this.chat;
    const timeline = past ?? this.chat.timeline;
    if (past) this.atEnd = false;
    this.newest.hidden = !past;
    // Who is at the end and has a great many above sees none of them: they need not be kept.
    if (this.atEnd && !fetching && timeline.all().length > MOST) this.forget();
    // Not the first child: the heading of a day stays the first one while messages come between.
    const read = this.atEnd ? null : this.list.querySelector(".message");
    const before = read?.getBoundingClientRect().bottom ?? 0;
    setText(this.note, fetching ? "Loading…"
      : problem ? `Earlier messages did not come. ${problem}`
      : timeline.complete ? "This is the beginning." : "");
    this.again.hidden = fetching || !problem;
    arrange(this.list, this.wanted());
    if (this.atEnd) this.scrollToEnd();
    else if (read?.isConnected) {
      // Earlier ones were put on top: what the person reads stays where it is.
      const moved = read.getBoundingClientRect().bottom - before;
      if (moved !== 0) this.element.scrollTop += moved;
    }
    if (timeline.loaded && !this.painted) {
      this.painted = true;
      // Only what comes from now on is read aloud.
      setTimeout(() => this.element.setAttribute("aria-live", "polite"), 500);
    }
    this.lead();
    this.fill();
  }

  // Leads the person to a message, also where that is far back.
  async reveal(seq: number): Promise<void> {
    this.wantedSeq = seq;
    this.atEnd = false;
    setText(this.lost, "");
    let found = false;
    try {
      found = await this.chats.pages.reveal(this.chat, seq);
    } catch {
      // Said above the messages.
    }
    if (this.wantedSeq !== seq) return;
    if (found) this.paint();
    else setText(this.lost, "This message is no longer there.");
    this.wantedSeq = undefined;
  }

  private lead(): void {
    const row = this.wantedSeq === undefined ? undefined : this.rows.get(`seq ${this.wantedSeq}`);
    if (!row?.isConnected) return;
    this.wantedSeq = undefined;
    for (const other of this.list.querySelectorAll(".found")) other.classList.remove("found");
    row.classList.add("found");
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "center" });
  }

  private forget(): void {
    this.chat.timeline.keepNewest(MOST / 2);
    this.rows.clear();
    this.actions.clear();
  }

  toEnd(): void {
    this.chats.pages.leavePast(this.chat);
    setText(this.lost, "");
    this.scrollToEnd();
  }

  private scrollToEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
    this.end = this.element.scrollTop;
    this.atEnd = true;
  }

  // The event of a scroll comes a frame after it. A painting between the two would pull the person back.
  private noticeLeaving(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    if (scrollTop < this.end && scrollHeight - scrollTop - clientHeight >= NEAR_END) this.atEnd = false;
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    this.atEnd = !this.chat.past && scrollHeight - scrollTop - clientHeight < NEAR_END;
    this.fill();
  }

  // As long as the top is in view or close, get what is earlier; in the past likewise what is later. Asked
  // after every painting too: at the very top no scroll comes any more that would ask.
  private fill(): void {
    if (!this.painted || this.chat.fetching || this.chat.problem) return;
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    if (clientHeight > 0 && scrollTop < NEAR_TOP) void this.chats.pages.earlier(this.chat);
    if (clientHeight > 0 && scrollHeight - scrollTop - clientHeight < NEAR_TOP) void this.chats.pages.later(this.chat);
  }

  private wanted(): HTMLElement[] {
    const rows: HTMLElement[] = [];
    let above: Message | Poll | undefined;
    for (const one of this.numbered()) {
      if (!above || dayOf(above.at) !== dayOf(one.at)) rows.push(this.day(one.at));
      if ("question" in one) rows.push(this.poll(one));
      else rows.push(this.stored(one, above && "sender" in above ? above : undefined));
      above = one;
    }
    if (this.chat.past) return rows;
    for (const entry of this.chats.outbox.of(this.chat.conversation.id)) rows.push(this.unsent(entry));
    return rows;
  }

  // Messages, and the polls between them.
  private numbered(): (Message | Poll)[] {
    const { past, conversation } = this.chat;
    const timeline = past ?? this.chat.timeline;
    const first = timeline.complete ? 0 : timeline.firstSeq ?? Infinity;
    const last = past ? past.last?.seq ?? 0 : Infinity;
    const polls = this.chats.polls.of(conversation.id).filter(({ seq }) => seq > first && seq < last);
    return polls.length === 0 ? [...timeline.all()]
      : [...timeline.all(), ...polls].sort((a, b) => a.seq - b.seq);
  }

  private poll(poll: Poll): HTMLElement {
    let card = this.cards.get(poll.id);
    if (!card) this.cards.set(poll.id, (card = new PollCard(this.chats, poll)));
    card.paint();
    return card.element;
  }

  private day(at: string): HTMLElement {
    const row = this.keep(`day ${dayOf(at)}`, () => el("li", { class: "day" }, el("span")));
    setText(row.firstElementChild!, dayTitle(at));
    return row;
  }

  private stored(message: Message, above: Message | undefined): HTMLElement {
    const mine = message.sender === this.chats.me;
    const row = this.keep(`seq ${message.seq}`, () => this.withActions(message));
    this.actions.get(row)?.paint();
    const together = above?.sender === message.sender && dayOf(above.at) === dayOf(message.at) &&
      Date.parse(message.at) - Date.parse(above.at) < TOGETHER_MS;
    const found = row.classList.contains("found");
    row.className = `message ${mine ? "mine" : "theirs"} ${together ? "together" : ""} ${found ? "found" : ""}`;
    const name = mine ? "You" : this.chats.names.name(message.sender);
    const sender = row.querySelector(".sender")!;
    setText(sender, name);
    sender.classList.toggle("hidden-text", mine || together || this.chat.conversation.kind === "direct");
    const face = row.querySelector<HTMLElement>(".avatar");
    if (face) paintAvatar(face, message.sender, name);
    return row;
  }

  private withActions(message: Message): HTMLElement {
    const row = bubble(message.text, message.at);
    const actions = new MessageActions(this.chats, this.chat, message);
    row.querySelector(".bubble")!.append(actions.element);
    this.actions.set(row, actions);
    return row;
  }

  private unsent(entry: Entry): HTMLElement {
    const row = this.keep(`unsent ${entry.id}`, () => {
      const made = bubble(entry.params.text, entry.at);
      made.className = "message mine unsent";
      setText(made.querySelector(".sender")!, "You");
      made.querySelector(".sender")!.classList.add("hidden-text");
      made.querySelector("time")!.remove();
      const retry = el("button", { type: "button", class: "link retry" }, "Try again");
      retry.addEventListener("click", () => this.chats.outbox.retry(entry.id));
      const discard = el("button", { type: "button", class: "link discard" }, "Discard");
      discard.addEventListener("click", () => this.chats.outbox.discard(entry.id));
      made.querySelector(".meta")!.append(el("span", { class: "state" }), retry, discard);
      return made;
    });
    const refused = entry.state === "refused";
    row.classList.toggle("refused", refused);
    setText(row.querySelector(".state")!, stateOf(entry, this.chats.link === "live"));
    row.querySelector<HTMLElement>(".retry")!.hidden = !refused;
    row.querySelector<HTMLElement>(".discard")!.hidden = !refused;
    return row;
  }

  private keep(key: string, make: () => HTMLElement): HTMLElement {
    let row = this.rows.get(key);
    if (!row) this.rows.set(key, (row = make()));
    return row;
  }
}

function stateOf(entry: Entry, live: boolean): string {
  if (entry.state === "refused") return `Not sent: ${entry.reason ?? "refused"}`;
  return entry.state === "waiting" || !live ? "Not sent yet, will be tried again" : "Sending…";
}

function bubble(text: string, at: string): HTMLElement {
  const date = new Date(at);
  return el("li", { class: "message" },
    avatar(),
    el("div", { class: "bubble" },
      el("bdi", { class: "sender" }),
      el("p", { class: "text", dir: "auto" }, text),
      el("span", { class: "meta" },
        el("time", { datetime: at, title: date.toLocaleString() }, timeOfDay(at)))));
}
