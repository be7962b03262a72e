// The page of somebody who is logged in: the list at the side, the open conversation beside it. Which one
// is open stands in the address (see place.ts), so that reload and the back button do what they should.

import { avatar, paintAvatar } from "./avatar.ts";
import { sentence, type LinkState, type Session } from "@parley/client";
import { Chats, type Chat } from "./chats.ts";
import { ConversationList } from "./conversation_list.ts";
import { ConversationView } from "./conversation_view.ts";
import { arrange, el, setText } from "./dom.ts";
import { openGroupDialog } from "./group_dialog.ts";
import { MessageSearch } from "./message_search.ts";
import { peopleSearch } from "./people_search.ts";
import { place, placeOf } from "./place.ts";

const FRAME_MS = 16;

const LINK_TEXT: Record<LinkState, string> = {
  closed: "Disconnected",
  connecting: "Connecting…",
  live: "Connected",
  broken: "Reconnecting…",
  draining: "Server restarting…",
  stopped: "Disconnected. Please reload this page.",
};

export class ChatView {
  readonly chats: Chats;
  readonly element: HTMLElement;
  private readonly list: ConversationList;
  private readonly link = el("p", { class: "link-state", role: "status" }, el("span"));
  private readonly face = avatar();
  private readonly name = el("bdi", { class: "my-name" });
  private readonly handle = el("bdi", { class: "my-handle" });
  private readonly problem = el("p", { class: "problem", role: "alert" });
  private readonly main = el("main", {});
  private readonly emptyText = el("p", {});
  private readonly home = el("a", { href: "#" }, "Back to the conversations");
  private readonly empty = el("div", { class: "note empty" }, this.emptyText, this.home);
  private view: ConversationView | undefined;
  private readonly search: MessageSearch;
  private wanted: number | undefined; // the number of a message that the address asks for
  private leaves = false; // the open conversation, to search in it where there is room for one half only
  private planned = false;
  private painted = 0;

  constructor(private readonly title: string, session: Session, logout: () => void, ended: (why: string) => void) {
    this.chats = new Chats(session, ended, () => this.plan());
    this.list = new ConversationList(this.chats);
    this.search = new MessageSearch(this.chats, () => this.plan());
    this.element = el("div", { class: "chat" }, this.side(logout), this.main);
    this.main.append(this.empty);
    window.addEventListener("hashchange", this.follow);
    document.addEventListener("visibilitychange", this.look);
    this.follow();
  }

  close(): void {
    window.removeEventListener("hashchange", this.follow);
    document.removeEventListener("visibilitychange", this.look);
    this.chats.close();
    this.view?.close();
    document.title = this.title;
  }

  private side(logout: () => void): HTMLElement {
    const people = peopleSearch("find", "Find a person by user name", (name) => this.chats.find(name),
      (profile) => {
        people.clear();
        this.enter(this.chats.direct(profile.id));
      });
    const group = el("button", { type: "button" }, "New group");
    group.addEventListener("click", () => openGroupDialog(
      (name) => this.chats.find(name),
      async (name, members) => this.enter(Promise.resolve(await this.chats.group(name, members)))));
    const out = el("button", { type: "button", class: "logout" }, "Log out");
    out.addEventListener("click", logout);
    return el("aside", { class: "side" },
      el("header", {}, el("h1", {}, this.title), group),
      el("div", { role: "search", "aria-label": "People", class: "find" }, people.field, people.results),
      el("div", { role: "search", "aria-label": "Messages", class: "find" }, this.search.field),
      this.problem,
      this.search.results,
      this.list.element,
      el("footer", {}, this.face, el("div", { class: "titles" }, this.name, this.handle, this.link), out));
  }

  private enter(conversation: Promise<{ id: string }>): void {
    setText(this.problem, "");
    conversation.then(
      ({ id }) => (location.hash = place(id)),
      (problem: unknown) => setText(this.problem, sentence(problem)));
  }

  private readonly follow = (): void => {
    const { conversation, seq } = placeOf(location.hash);
    this.wanted = seq;
    this.chats.show(conversation);
    this.paint();
  };

  private searchIn(conversation: string): void {
    this.search.lookIn(conversation);
    this.leaves = this.search.field.offsetParent === null;
    if (this.leaves) location.hash = "";
    else this.search.focus();
  }

  private readonly look = (): void => this.chats.markRead();

  // Many changes at once make one painting; a flood of them, as after a long absence, one for each frame.
  private plan(): void {
    if (this.planned) return;
    this.planned = true;
    const run = (): void => {
      this.planned = false;
      this.paint();
      this.painted = performance.now(); // after it: a slow painting leaves room for what comes meanwhile
    };
    if (performance.now() - this.painted > FRAME_MS) queueMicrotask(run);
    else setTimeout(run, FRAME_MS);
  }

  private paint(): void {
    if (!this.element) return; // a change while still being made
    const id = placeOf(location.hash).conversation;
    const chat = id === undefined ? undefined : this.chats.get(id);
    if (this.view?.chat !== chat) this.change(id, chat ? this.opened(chat) : undefined);
    setText(this.emptyText, this.nothingOpen(id));
    this.home.hidden = id === undefined;
    this.element.classList.toggle("has-open", id !== undefined);
    this.list.paint(id);
    this.search.paint(location.hash);
    this.list.element.hidden = this.search.active;
    this.view?.paint();
    if (this.view && this.wanted !== undefined) {
      this.view.reveal(this.wanted);
      this.wanted = undefined;
    }
    const me = this.chats.names.name(this.chats.me);
    paintAvatar(this.face, this.chats.me, me);
    setText(this.name, me);
    setText(this.handle, this.chats.names.handle(this.chats.me));
    this.link.className = `link-state ${this.chats.link}`;
    setText(this.link.firstElementChild!, LINK_TEXT[this.chats.link]);
    const unread = this.chats.sorted().filter((one) => this.chats.unread(one)).length;
    document.title = unread > 0 ? `(${unread}) ${this.title}` : this.title;
  }

  private nothingOpen(id: string | undefined): string {
    if (!this.chats.listed || (id !== undefined && this.chats.isSought(id))) return "Loading…";
    if (id !== undefined) return "You are not in this conversation, or it is no longer there.";
    return this.chats.sorted().length > 0 ? "Choose a conversation, or find a person."
      : "Nothing here yet. Find a person by user name, and say hello.";
  }

  private opened(chat: Chat): ConversationView {
    return new ConversationView(this.chats, chat, () => this.searchIn(chat.conversation.id));
  }

  private change(id: string | undefined, view: ConversationView | undefined): void {
    const closed = this.view?.chat.conversation.id;
    this.view?.close();
    this.view = view;
    arrange(this.main, [view?.element ?? this.empty]);
    if (!view) {
      // Focus goes back to where the person came from.
      if (this.leaves) queueMicrotask(() => this.search.focus());
      else if (closed !== undefined && id === undefined) queueMicrotask(() => this.list.focus(closed));
      this.leaves = false;
      return;
    }
    this.chats.show(id);
    // Who began to search while the conversations were on their way goes on with it.
    if (document.activeElement !== this.search.field) view.focus();
  }
}
