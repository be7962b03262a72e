// One open conversation: who is in it, its messages, and the field to write in.

import { avatar, paintAvatar } from "./avatar.ts";
import type { Chat, Chats } from "./chats.ts";
import { composer, type Composer } from "./composer.ts";
import { faceKey } from "./conversation_list.ts";
import { el, setText } from "./dom.ts";
import { MembersDialog } from "./members_dialog.ts";
import { MessageList } from "./message_list.ts";
import { openPollDialog } from "./poll_dialog.ts";
import { typingLine } from "./typing.ts";

export class ConversationView {
  private readonly face = avatar();
  private readonly title = el("h2", { id: "conversation-title", dir: "auto" });
  private readonly about = el("p", { class: "about", dir: "auto" });
  private readonly people = el("button", { type: "button", class: "people-button", "aria-haspopup": "dialog" }, "Members");
  private readonly ask = el("button", { type: "button", "aria-haspopup": "dialog" }, "Poll");
  private readonly find = el("button", { type: "button" }, "Search");
  private readonly typing = el("p", { class: "typing", role: "status", dir: "auto" });
  private dialog: MembersDialog | undefined;
  private readonly messages: MessageList;
  private readonly composer: Composer;
  readonly element: HTMLElement;

  constructor(private readonly chats: Chats, readonly chat: Chat, search: () => void) {
    this.messages = new MessageList(chats, chat);
    this.composer = composer(chat.conversation.id, (text) => {
      this.messages.toEnd();
      chats.typing.sent(chat.conversation.id);
      void chats.send(chat.conversation.id, text).catch(() => undefined); // it stays to be seen
    }, () => chats.writing(chat.conversation.id));
    const back = el("a", { href: "#", class: "back", "aria-label": "Back to the conversations" }, "‹");
    this.element = el("section", { class: "open-conversation", "aria-labelledby": "conversation-title" },
      el("header", {}, back, this.face, el("div", { class: "titles" }, this.title, this.about),
        this.find, this.ask, this.people),
      this.messages.element, this.messages.newest, this.messages.lost, this.typing, this.composer.element);
    this.ask.addEventListener("click", () => openPollDialog(chats.newPoll(chat.conversation.id)));
    this.find.addEventListener("click", search);
    this.people.addEventListener("click", () => (this.dialog = new MembersDialog(chats, chat)));
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) location.hash = "";
    });
  }

  paint(): void {
    const name = this.chats.title(this.chat);
    paintAvatar(this.face, faceKey(this.chat, this.chats.me), name);
    setText(this.title, name);
    setText(this.about, this.chat.conversation.kind === "group" ? this.members() : "");
    this.people.hidden = this.about.hidden = this.chat.conversation.kind !== "group";
    this.ask.hidden = !this.chats.features.includes("polls");
    this.messages.paint();
    setText(this.typing, typingLine(this.chats.typing.in(this.chat.conversation.id)
      .map((account) => this.chats.names.name(account))));
    this.dialog?.paint();
  }

  close(): void {
    this.dialog?.close();
  }

  focus(): void {
    // On a phone the keyboard would cover what the person came to read.
    if (matchMedia("(pointer: coarse)").matches) return;
    this.composer.focus();
  }

  // Leads the person to a message.
  reveal(seq: number): void {
    void this.messages.reveal(seq);
  }

  private members(): string {
    const names = [...this.chat.members.keys()].map((account) =>
      account === this.chats.me ? "you" : this.chats.names.name(account));
    const some = names.slice(0, 8).join(", ");
    return names.length > 8 ? `${some} and ${names.length - 8} more` : some;
  }
}
