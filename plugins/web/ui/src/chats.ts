// Everything that the person who is logged in can see: their conversations, the members and messages of
// each, and what is still to be sent. Fed by the socket; the views read it and are told of changes.

import { byActivity } from "./chat_order.ts";
import { Cursors } from "./cursors.ts";
import { sentence } from "./call_error.ts";
import { Names } from "./names.ts";
import { Outbox } from "./outbox.ts";
import { Pages } from "./pages.ts";
import { Polls } from "./polls.ts";
import { Reactions } from "./reactions.ts";
import { ReadMarks } from "./read_marks.ts";
import { sendable } from "./sendable.ts";
import { sessionShelf } from "./session_shelf.ts";
import type { Session } from "./session.ts";
import { Socket, type Gap, type Link } from "./socket.ts";
import { Timeline } from "./timeline.ts";
import type { Conversation, Deletion, Hit, Member, Message, Page, Profile, TopicEvent } from "./types.ts";
import { split } from "./topic.ts";
import { Typing } from "./typing.ts";
import { uuid7 } from "./uuid.ts";

export interface Chat {
  conversation: Conversation;
  timeline: Timeline; // up to the newest
  past: Timeline | undefined; // around a message that was looked for; it is shown as long as it is there
  members: Map<string, Member>;
  membersKnown: boolean;
  last: Message | undefined; // the newest, known even where the timeline is not loaded
  fetching: boolean;
  problem: string | undefined; // why the last page did not come
}

export interface Searched {
  conversation: string | undefined; // none: all
  unfinished: boolean; // the last word may be the beginning of one
  skip: number;
}

export class Chats {
  readonly names: Names;
  readonly outbox: Outbox;
  readonly reactions: Reactions;
  readonly typing: Typing;
  readonly polls: Polls;
  readonly pages: Pages;
  features: readonly string[] = [];
  link: Link = "connecting";
  listed = false; // the list of conversations is complete
  private readonly chats = new Map<string, Chat>();
  private readonly cursors = new Cursors();
  private readonly marks: ReadMarks;
  private readonly socket: Socket;
  private open: string | undefined;

  constructor(
    private readonly session: Session,
    refused: () => void,
    private readonly changed: () => void,
  ) {
    this.marks = new ReadMarks(session.account, localStorage);
    this.socket = new Socket({
      token: () => session.token(),
      renewToken: () => session.refresh(),
      cursors: () => this.cursors.all(),
      event: (event) => this.receive(event),
      gap: (gap) => this.gap(gap),
      resumed: (topics) => void this.resumed(topics),
      link: (link) => this.update(() => (this.link = link)),
      features: (names) => (this.features = names),
      refused,
    });
    const call = <T>(method: string, params: object): Promise<T> => this.socket.call<T>(method, params);
    this.pages = new Pages(call, (change) => this.update(change), this.came, (chat) => this.open === chat.conversation.id);
    this.reactions = new Reactions(session.account, call, changed);
    this.polls = new Polls(call, changed);
    this.typing = new Typing(session.account, call, changed);
    this.names = new Names((account) => this.socket.call<Profile>("account.get", { account }), changed);
    this.outbox = new Outbox(
      sessionShelf(session.account),
      ({ conversation, id, text }) =>
        this.socket.call<Message>("messaging.send", { conversation, id, text }),
      (message) => this.store(message),
      changed,
    );
    this.socket.connect();
    this.outbox.resumeAll();
  }

  get me(): string {
    return this.session.account;
  }

  reauthenticate(): void {
    this.socket.reauthenticate();
  }

  close(): void {
    this.socket.close();
  }

  sorted(): Chat[] {
    return [...this.chats.values()].sort(byActivity);
  }

  get(conversation: string): Chat | undefined {
    return this.chats.get(conversation);
  }

  title(chat: Chat): string {
    if (chat.conversation.name) return chat.conversation.name;
    const others = [...chat.members.keys()].filter((account) => account !== this.me);
    if (others.length === 0) return chat.membersKnown ? "Just me" : "…";
    return others.map((account) => this.names.name(account)).join(", ");
  }

  unread(chat: Chat): boolean {
    return !!chat.last && chat.last.sender !== this.me &&
      chat.last.seq > this.marks.get(chat.conversation.id);
  }

  // The person looks at this conversation now (or at none).
  show(conversation: string | undefined): void {
    if (this.open !== undefined && this.open !== conversation) this.pages.leavePast(this.chats.get(this.open));
    this.open = conversation;
    const chat = conversation === undefined ? undefined : this.chats.get(conversation);
    if (!chat) return;
    if (!chat.timeline.loaded) void this.pages.newest(chat);
    this.markRead();
  }

  markRead(): void {
    const chat = this.open === undefined ? undefined : this.chats.get(this.open);
    if (!chat?.last || document.visibilityState !== "visible") return;
    if (this.marks.set(chat.conversation.id, chat.last.seq)) this.changed();
  }

  send(conversation: string, text: string): void {
    const clean = sendable(text).trim();
    if (clean) this.outbox.add({ id: uuid7(), conversation, text: clean, at: new Date().toISOString() });
  }

  writing(conversation: string): void {
    if (this.features.includes("typing")) this.typing.write(conversation);
  }

  // Not repeated over a break: the second time it is not there.
  async remove(message: Message): Promise<void> {
    const { conversation, seq } = message;
    await this.socket.call("messaging.delete", { conversation, message: seq }, { repeat: false });
  }

  async find(name: string): Promise<Profile[]> {
    const page = await this.socket.call<Page<Profile>>("account.find", { name: sendable(name), limit: 20 });
    this.names.learn(page.items);
    return page.items.filter((profile) => profile.id !== this.me);
  }

  search(text: string, { conversation, unfinished, skip }: Searched): Promise<Page<Hit>> {
    const wanted = { text: sendable(text), unfinished, skip };
    return conversation === undefined ? this.socket.call("messaging.search_all", wanted)
      : this.socket.call("messaging.search", { conversation, ...wanted });
  }

  async direct(account: string): Promise<string> {
    const conversation = await this.socket.call<Conversation>("messaging.direct", { account });
    this.meet(conversation);
    return conversation.id;
  }

  // Not repeated over a break: the server would make a second group.
  async group(name: string, members: string[]): Promise<string> {
    const conversation = await this.socket.call<Conversation>(
      "messaging.create_group", { name: sendable(name), members }, { repeat: false });
    this.meet(conversation);
    return conversation.id;
  }

  async addMember(chat: Chat, account: string): Promise<void> {
    const { id: conversation } = chat.conversation;
    this.joined(chat, await this.socket.call<Member>("messaging.add_member", { conversation, account }));
  }

  // Not repeated over a break, nor is leaving: the second time there is nobody to remove.
  async removeMember(chat: Chat, account: string): Promise<void> {
    const { id: conversation } = chat.conversation;
    await this.socket.call("messaging.remove_member", { conversation, account }, { repeat: false });
    this.update(() => chat.members.delete(account));
  }

  async leave(chat: Chat): Promise<void> {
    const { id: conversation } = chat.conversation;
    await this.socket.call("messaging.leave", { conversation }, { repeat: false });
    this.drop(conversation);
  }

  // What other plugins have to a page of history.
  private readonly came = (chat: Chat, timeline: Timeline, items: readonly Message[], before: number | undefined): void => {
    this.markRead();
    const { id } = chat.conversation;
    const from = timeline.complete ? 1 : Math.min(...items.map((message) => message.seq));
    const failed = (problem: unknown): void => console.warn("parley: reactions, polls:", sentence(problem));
    if (this.features.includes("polls")) this.polls.load(id, from, before === undefined).catch(failed);
    if (items.length === 0 || !this.features.includes("reactions")) return;
    const to = before === undefined ? Number.MAX_SAFE_INTEGER : before - 1;
    this.reactions.load(id, from, to).catch(failed);
  };

  private receive(event: TopicEvent): void {
    const [kind, id] = split(event.topic);
    const chat = kind === "conversation" ? this.chats.get(id) : undefined;
    if (event.seq !== undefined) {
      const arrival = this.cursors.take(event.topic, event.seq);
      if (arrival === "seen") return;
      if (arrival === "hole" && chat) this.refetch(chat);
    }
    if (event.event === "message.created") this.store(event.data as Message);
    else if (event.event === "message.deleted" && chat) this.deleted(chat, event.data as Deletion);
    else if (event.event === "member.added" && chat) this.joined(chat, event.data as Member);
    else if (event.event === "member.removed" && chat) this.left(chat, event.data as Member);
    else if (event.event === "conversation.added") this.meet(event.data as Conversation);
    else if (event.event === "conversation.removed") this.drop((event.data as Conversation).id);
    this.reactions.receive(event);
    this.typing.receive(event);
    this.polls.receive(event);
  }

  private store(message: Message): void {
    if (message.sender === this.me) this.outbox.settle(message.id);
    this.typing.stop(message.conversation, message.sender);
    const chat = this.chats.get(message.conversation);
    if (!chat) return; // its history is fetched when the list names it
    this.update(() => {
      chat.timeline.add([message]);
      if (!chat.last || chat.last.seq < message.seq) chat.last = message;
    });
    if (this.open === message.conversation) this.markRead();
  }

  private deleted(chat: Chat, { conversation, message }: Deletion): void {
    this.reactions.drop(conversation, message);
    this.update(() => {
      chat.timeline.remove(message);
      chat.past?.remove(message);
    });
    if (chat.last?.seq !== message) return;
    chat.last = chat.timeline.last;
    if (!chat.last) void this.peek(chat);
  }

  private joined(chat: Chat, member: Member): void {
    this.update(() => chat.members.set(member.account, member));
  }

  private left(chat: Chat, member: Member): void {
    if (member.account === this.me) this.drop(chat.conversation.id);
    else this.update(() => chat.members.delete(member.account));
  }

  private gap(gap: Gap): void {
    this.cursors.jump(gap.topic, gap.head);
    const [kind, id] = split(gap.topic);
    const chat = this.chats.get(id);
    if (kind === "conversation" && chat) this.refetch(chat);
    if (kind === "account") void this.list();
  }

  private async resumed(topics: Record<string, number>): Promise<void> {
    const first = !this.listed;
    for (const topic of this.cursors.topics()) {
      if (topic in topics) continue;
      this.cursors.forget(topic);
      const [kind, id] = split(topic);
      if (kind === "conversation") this.drop(id);
    }
    for (const [topic, head] of Object.entries(topics)) {
      if (this.cursors.has(topic)) continue;
      // Followed from its head on: what was before has to be fetched.
      this.cursors.jump(topic, head);
      const [, id] = split(topic);
      const chat = this.chats.get(id);
      if (chat) this.refetch(chat);
      else if (!first) void this.list();
    }
    const open = this.open === undefined ? undefined : this.chats.get(this.open);
    if (open?.problem) void this.pages.again(open);
    if (first) await this.list();
  }

  private async list(): Promise<void> {
    try {
      let after: string | undefined;
      for (;;) {
        const page = await this.socket.call<Page<Conversation>>(
          "messaging.conversations", after === undefined ? {} : { after });
        for (const conversation of page.items) this.meet(conversation);
        after = page.items[page.items.length - 1]?.id;
        if (!page.more || after === undefined) break;
      }
    } catch (problem) {
      console.warn("parley: conversations:", sentence(problem));
    }
    this.update(() => (this.listed = true));
  }

  // A conversation that may be new here.
  private meet(conversation: Conversation): void {
    if (this.chats.has(conversation.id)) return;
    const chat: Chat = {
      conversation,
      timeline: new Timeline(),
      past: undefined,
      members: new Map(),
      membersKnown: false,
      last: undefined,
      fetching: false,
      problem: undefined,
    };
    this.update(() => this.chats.set(conversation.id, chat));
    void this.peek(chat);
    void this.fetchMembers(chat);
    if (this.open === conversation.id) void this.pages.newest(chat);
  }

  private drop(conversation: string): void {
    this.cursors.forget(`conversation:${conversation}`);
    this.update(() => this.chats.delete(conversation));
  }

  private refetch(chat: Chat): void {
    chat.timeline.restart();
    if (this.open === chat.conversation.id) void this.pages.newest(chat);
    else void this.peek(chat);
    void this.fetchMembers(chat);
  }

  // The newest message only, for the list.
  private async peek(chat: Chat): Promise<void> {
    try {
      const last = (await this.pages.history(chat, { limit: 1 })).items.at(-1);
      if (last && (chat.last?.seq ?? 0) < last.seq) this.update(() => (chat.last = last));
    } catch (problem) {
      console.warn("parley: history:", sentence(problem));
    }
  }

  private async fetchMembers(chat: Chat): Promise<void> {
    const conversation = chat.conversation.id;
    try {
      let after: string | undefined;
      for (;;) {
        const page = await this.socket.call<Page<Member>>(
          "messaging.members", after === undefined ? { conversation } : { conversation, after });
        for (const member of page.items) chat.members.set(member.account, member);
        after = page.items[page.items.length - 1]?.account;
        if (!page.more || after === undefined) break;
      }
      this.update(() => (chat.membersKnown = true));
    } catch (problem) {
      console.warn("parley: members:", sentence(problem));
    }
  }

  private update(change: () => unknown): void {
    change();
    this.changed();
  }
}
