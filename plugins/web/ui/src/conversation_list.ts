// The list of conversations, newest activity first. One row is made for each and kept.

import { avatar, paintAvatar } from "./avatar.ts";
import { lastActivity } from "@parley/client/chat";
import type { Chat, Chats } from "./chats.ts";
import { arrange, el, setAttribute, setText } from "./dom.ts";
import { moveWithArrows } from "./people_search.ts";
import { place } from "./place.ts";
import { roughly } from "./times.ts";

interface Row {
  item: HTMLElement;
  paint(chat: Chat, open: boolean): void;
}

export class ConversationList {
  private readonly list = el("ul", { class: "conversations" });
  private readonly note = el("p", { class: "note" });
  readonly element = el("nav", { "aria-label": "Conversations" }, this.list, this.note);
  private readonly rows = new Map<string, Row>();
  private atEnd = false; // what is below the last row can be seen

  constructor(private readonly chats: Chats) {
    moveWithArrows(this.list);
    new IntersectionObserver((seen) => {
      this.atEnd = seen.at(-1)?.isIntersecting ?? false;
      this.fetchMore();
    }).observe(this.note);
  }

  private fetchMore(): void {
    if (this.atEnd && this.chats.listed && !this.chats.complete) void this.chats.moreConversations();
  }

  paint(open: string | undefined): void {
    const sorted = this.chats.sorted();
    const items = sorted.map((chat) => {
      const row = this.row(chat.conversation.id);
      row.paint(chat, chat.conversation.id === open);
      return row.item;
    });
    arrange(this.list, items);
    setText(this.note, items.length > 0 ? "" : this.chats.listed
      ? `No conversations yet. Find a person by user name above, and say hello.${this.found()}`
      : "Loading…");
    this.fetchMore();
  }

  private found(): string {
    const handle = this.chats.names.handle(this.chats.me);
    return handle ? ` Others find you as ${handle}.` : "";
  }

  focus(id: string): void {
    this.rows.get(id)?.item.querySelector("a")?.focus();
  }

  private row(id: string): Row {
    let row = this.rows.get(id);
    if (!row) this.rows.set(id, (row = this.build(id)));
    return row;
  }

  private build(id: string): Row {
    const face = avatar();
    const title = el("bdi", { class: "conversation-title" });
    const time = el("time", { class: "conversation-time" });
    const preview = el("span", { class: "conversation-preview", dir: "auto" });
    const unread = el("span", { class: "unread" }, el("span", { class: "hidden-text" }, "unread"));
    const link = el("a", { href: place(id), class: "conversation" }, face,
      el("span", { class: "conversation-lines" },
        el("span", { class: "conversation-line" }, title, time),
        el("span", { class: "conversation-line" }, preview, unread)));
    const paint = (chat: Chat, open: boolean): void => {
      const name = this.chats.title(chat);
      paintAvatar(face, faceKey(chat, this.chats.me), name);
      setText(title, name);
      setText(time, roughly(lastActivity({ conversation: chat.conversation, last: chat.last })));
      setText(preview, this.preview(chat));
      unread.hidden = open || !this.chats.unread(chat);
      link.classList.toggle("is-unread", !unread.hidden);
      setAttribute(link, "aria-current", open ? "page" : undefined);
    };
    return { item: el("li", {}, link), paint };
  }

  private preview(chat: Chat): string {
    if (!chat.last) return chat.conversation.kind === "group" ? "New group" : "";
    const text = chat.last.text.slice(0, 200);
    if (chat.last.sender === this.chats.me) return `You: ${text}`;
    return chat.conversation.kind === "group" ? `${this.chats.names.name(chat.last.sender)}: ${text}` : text;
  }
}

// A direct conversation has the colour of the other person, wherever that person appears.
export function faceKey(chat: Chat, me: string): string {
  if (chat.conversation.kind === "direct") {
    for (const account of chat.members.keys()) if (account !== me) return account;
  }
  return chat.conversation.id;
}
