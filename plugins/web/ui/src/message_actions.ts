// Below a message: the reactions to it, a small choice of emoji, and the way to delete it.

import { sentence } from "@parley/client";
import type { Chat, Chats } from "./chats.ts";
import { arrange, el, setAttribute, setText } from "./dom.ts";
import type { Tally } from "./reactions.ts";
import type { Message } from "./types.ts";

const CHOICE = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

export class MessageActions {
  private readonly chips = new Map<string, HTMLButtonElement>();
  private readonly list = el("span", { class: "chips" });
  private readonly picker = el("span", { class: "picker", role: "group", "aria-label": "Choose a reaction", hidden: true });
  private readonly react = el("button", { type: "button", class: "link", "aria-expanded": "false" }, "React");
  private readonly remove = el("button", { type: "button", class: "link" }, "Delete");
  private readonly problem = el("span", { class: "problem", role: "alert" });
  readonly element = el("div", { class: "actions" },
    this.list, this.react, this.picker, this.remove, this.problem);

  constructor(private readonly chats: Chats, private readonly chat: Chat, private readonly message: Message) {
    for (const emoji of CHOICE) {
      const one = el("button", { type: "button", "aria-label": `React with ${emoji}` }, emoji);
      one.addEventListener("click", () => {
        this.toggle(emoji);
        this.show(false);
        this.react.focus();
      });
      this.picker.append(one);
    }
    this.react.addEventListener("click", () => this.show(this.picker.hidden));
    this.picker.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // only the choice is closed, not the conversation
      this.show(false);
      this.react.focus();
    });
    this.remove.addEventListener("click", () => this.askOrDelete());
    this.remove.addEventListener("blur", () => setText(this.remove, "Delete"));
  }

  paint(): void {
    const on = this.chats.features.includes("reactions");
    this.react.hidden = this.list.hidden = !on;
    const { conversation, seq, sender } = this.message;
    const me = this.chats.me;
    this.remove.hidden = sender !== me && this.chat.members.get(me)?.role !== "owner";
    arrange(this.list, on ? this.chats.reactions.of(conversation, seq).map((tally) => this.chip(tally)) : []);
  }

  private chip(tally: Tally): HTMLElement {
    let chip = this.chips.get(tally.emoji);
    if (!chip) {
      chip = el("button", { type: "button", class: "chip" });
      chip.addEventListener("click", () => this.toggle(tally.emoji));
      for (const look of ["mouseenter", "focus"]) chip.addEventListener(look, () => this.ask(tally.emoji));
      this.chips.set(tally.emoji, chip);
    }
    setText(chip, `${tally.emoji} ${tally.count}`);
    setAttribute(chip, "aria-pressed", String(tally.mine));
    const names = tally.who?.map((one) => (one === this.chats.me ? "You" : this.chats.names.name(one)));
    setAttribute(chip, "title", names && names.length > 0 ? names.join(", ") : undefined);
    return chip;
  }

  private ask(emoji: string): void {
    const { conversation, seq } = this.message;
    const tally = this.chats.reactions.of(conversation, seq).find((one) => one.emoji === emoji);
    if (tally) this.chats.reactions.ask(conversation, seq, tally).catch(() => (tally.who = undefined));
  }

  private toggle(emoji: string): void {
    setText(this.problem, "");
    this.chats.reactions.toggle(this.message.conversation, this.message.seq, emoji)
      .catch((reason: unknown) => setText(this.problem, sentence(reason)));
  }

  // It cannot be taken back, so it asks once more.
  private askOrDelete(): void {
    if (this.remove.textContent === "Delete") return setText(this.remove, "Delete for everybody?");
    this.chats.remove(this.message).catch((reason: unknown) => setText(this.problem, sentence(reason)));
  }

  private show(open: boolean): void {
    this.picker.hidden = !open;
    this.react.setAttribute("aria-expanded", String(open));
    if (open) this.picker.querySelector("button")?.focus();
  }
}
