// Finding messages by their words: a field, and a list of links that stands where the conversations do.

import type { Chats } from "./chats.ts";
import { sentence } from "@parley/client";
import { arrange, el, setAttribute, setText } from "./dom.ts";
import { moveWithArrows } from "./people_search.ts";
import { roughly } from "./times.ts";
import { place } from "./place.ts";
import type { Hit } from "./types.ts";

const PAUSE_MS = 180;

interface Row {
  item: HTMLElement;
  paint(open: string): void;
}

export class MessageSearch {
  readonly field = el("input", {
    id: "search-messages", type: "search", placeholder: "Search messages", "aria-label": "Search messages",
    autocomplete: "off", maxlength: "200", enterkeyhint: "search",
  });
  private readonly everywhere = el("button", { type: "button", class: "link" }, "Search everywhere");
  private readonly where = el("p", { class: "note where" }, el("bdi"), " ", this.everywhere);
  private readonly list = el("ol", { "aria-label": "Messages found" });
  private readonly more = el("button", { type: "button", class: "link more" }, "Show more");
  private readonly note = el("p", { class: "note", role: "status" });
  readonly results = el("div", { class: "found-messages" }, this.where, this.list, this.more, this.note);
  private rows: Row[] = [];
  private only: string | undefined; // a conversation
  private typing = true; // the last word may be the beginning of one
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly chats: Chats, private readonly changed: () => void) {
    this.field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.begin(true), PAUSE_MS);
    });
    this.field.addEventListener("keydown", (event) => this.pressed(event));
    this.more.addEventListener("click", () => void this.next());
    this.everywhere.addEventListener("click", () => {
      this.only = undefined;
      void this.begin(true);
      this.field.focus();
    });
    moveWithArrows(this.list, () => this.field.focus());
  }

  get active(): boolean {
    return this.field.value.trim() !== "" || this.only !== undefined;
  }

  // In one conversation from now on.
  lookIn(conversation: string): void {
    this.only = conversation;
    void this.begin(true);
  }

  focus(): void {
    this.field.focus();
    this.field.select();
  }

  // `open`: the address of what is open.
  paint(open: string): void {
    this.results.hidden = !this.active;
    const chat = this.only === undefined ? undefined : this.chats.get(this.only);
    this.where.hidden = this.only === undefined;
    setText(this.where.firstElementChild!, chat ? `Only in ${this.chats.title(chat)}.` : "");
    for (const row of this.rows) row.paint(open);
  }

  private clear(): void {
    this.field.value = "";
    this.only = undefined;
    void this.begin(true);
  }

  private pressed(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const first = this.list.querySelector("a");
    if (event.key === "Escape" && this.active) {
      event.preventDefault();
      this.clear();
    } else if (event.key === "ArrowDown" && first) {
      event.preventDefault();
      first.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      void this.begin(false);
    }
  }

  private async begin(typing: boolean): Promise<void> {
    clearTimeout(this.timer);
    this.typing = typing;
    this.asked += 1;
    this.results.scrollTop = 0;
    if (this.field.value.trim() === "") this.show([], false, "");
    this.changed();
    if (this.field.value.trim() !== "") await this.ask(0);
  }
  private async next(): Promise<void> {
    const at = this.rows.length;
    await this.ask(at);
    this.rows[at]?.item.querySelector("a")?.focus();
  }

  private async ask(skip: number): Promise<void> {
    const turn = ++this.asked;
    try {
      const page = await this.chats.search(this.field.value.trim(),
        { conversation: this.only, unfinished: this.typing, skip });
      if (turn !== this.asked) return;
      const rows = page.items.map((hit) => this.row(hit));
      this.show(skip === 0 ? rows : [...this.rows, ...rows], page.more, "");
    } catch (problem) {
      if (turn === this.asked) this.show(skip === 0 ? [] : this.rows, skip > 0, sentence(problem));
    }
    this.changed();
  }

  private show(rows: Row[], more: boolean, problem: string): void {
    this.rows = rows;
    arrange(this.list, rows.map((row) => row.item));
    this.more.hidden = !more;
    const count = rows.length;
    setText(this.note, problem || this.field.value.trim() === "" ? problem
      : count === 0 ? "No message has these words."
      : `${count}${more ? " and more" : ""} ${count === 1 && !more ? "message" : "messages"} found.`);
  }

  private row({ message, snippet }: Hit): Row {
    const title = el("bdi", { class: "conversation-title" });
    const time = el("time", { class: "conversation-time", datetime: message.at }, roughly(message.at));
    const sender = el("bdi", { class: "hit-sender" });
    const text = el("span", { class: "hit-text", dir: "auto" },
      ...snippet.map((piece) => (piece.hit ? el("mark", {}, piece.text) : piece.text)));
    const href = place(message.conversation, message.seq);
    const link = el("a", { href, class: "hit" }, el("span", { class: "conversation-line" }, title, time), sender, text);
    // Where it is open already the address does not change, and yet the person wants to be led there.
    link.addEventListener("click", () => {
      if (location.hash === href) window.dispatchEvent(new HashChangeEvent("hashchange"));
    });
    const paint = (open: string): void => {
      const chat = this.chats.get(message.conversation);
      setText(title, chat ? this.chats.title(chat) : "…");
      const mine = message.sender === this.chats.me;
      const named = mine || chat?.conversation.kind !== "direct"; // there the title says it
      setText(sender, mine ? "You" : named ? this.chats.names.name(message.sender) : "");
      setAttribute(link, "aria-current", open === href ? "page" : undefined);
    };
    return { item: el("li", {}, link), paint };
  }
}
