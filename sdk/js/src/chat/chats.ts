// Everything that the person who is logged in can see: their conversations, the members and messages of
// each, what is unread, and what is still to be sent. Kept true over every break.

import type { Conversation, Deletion, Member, Message, Overview } from "../api/messaging.js";
import type { Client } from "../client.js";
import type { AnyEvent } from "../frames.js";
import type { ShippedEvents } from "../api/index.js";
import { ParleyError, sentence } from "../error.js";
import { Outbox } from "../outbox.js";
import { outboxStore, type Entry, type OutboxStore } from "../outbox_store.js";
import { sendable } from "../sendable.js";
import { Source, type Store } from "../store.js";
import { split } from "../topic.js";
import { newChat, type Chat } from "./chat.js";
import { MemberLists } from "./members.js";
import { byActivity } from "./order.js";
import { Pages } from "./pages.js";
import { persistent, type Ask } from "./persist.js";
import { ReadMarks, type MarkStorage } from "./read_marks.js";
import type { Timeline } from "./timeline.js";
import { Windows } from "./windows.js";

export interface ChatsOptions {
  /** Where what is unsent is kept; IndexedDB in a browser, memory elsewhere. */
  outbox?: OutboxStore;
  /** Where it is kept how far each conversation was read, such as localStorage. */
  marks?: MarkStorage;
  /** Messages to a page of history. */
  page?: number;
  /** Whether the person can see what is open. */
  isSeen?: () => boolean;
}

export interface ConversationView {
  conversation: Conversation;
  last: Message | undefined;
  /** Both of a direct conversation; of a group those that are known, all of them once it was open. */
  members: readonly Member[];
  unread: boolean;
}

export interface MessagesView {
  /** An unbroken stretch, in order: up to the newest, or around a message that was looked for. */
  messages: readonly Message[];
  unsent: readonly Entry[];
  loaded: boolean;
  /** Nothing is earlier than the first. */
  complete: boolean;
  /** The stretch lies in the past: `later` leads back to the newest. */
  isPast: boolean;
  fetching: boolean;
  problem: string | undefined;
}

export class Chats {
  /** The newest activity first; as far as they are here, see `moreConversations`. */
  readonly conversations: Store<readonly ConversationView[]>;
  /** Ids of conversations. */
  readonly unreadOnes: Store<ReadonlySet<string>>;
  readonly outbox: Outbox;
  readonly pages: Pages;
  /** Resolves when the first window of conversations is here, for the first time. */
  readonly ready: Promise<void>;
  protected readonly marks: ReadMarks;
  protected readonly opened = new Set<string>();
  private readonly chats = new Map<string, Chat>();
  private readonly ask: Ask;
  private readonly anything = new Source<void>(() => undefined);
  private readonly conversationSource = new Source(() => this.sorted().map((chat) => this.view(chat)));
  private readonly unreadSource = new Source(() =>
    new Set([...this.chats.values()].filter((chat) => this.unread(chat)).map((chat) => chat.conversation.id)));
  private readonly messageSources = new Map<string, Source<MessagesView>>();
  private readonly windows: Windows;
  private readonly members: MemberLists;
  private readonly isReady: () => void;
  private readonly unsubscribe: (() => void)[];

  constructor(readonly client: Client<any, any>, private readonly options: ChatsOptions = {}) {
    const owner = `${client.credentials.url} ${client.account ?? ""}`;
    let isReady = (): void => undefined;
    this.ready = new Promise((resolve) => (isReady = resolve));
    this.isReady = isReady;
    this.conversations = this.conversationSource;
    this.unreadOnes = this.unreadSource;
    this.marks = new ReadMarks(client.account ?? "", options.marks);
    this.ask = persistent(client);
    this.pages = new Pages(this.ask, (chat, change) => this.update(chat, change),
      (chat, timeline, items, before) => this.came(chat, timeline, items, before),
      (chat) => this.opened.has(chat.conversation.id), options.page);
    this.windows = new Windows(this.ask, (one) => void this.learn(one), (only) => {
      for (const id of [...this.chats.keys()]) if (!only.has(id)) this.drop(id);
    }, (what, problem) => this.report(what, problem));
    this.members = new MemberLists(this.ask, (chat, change) => this.update(chat, change));
    this.outbox = new Outbox(
      (method, params) => client.call(method, params, { repeat: true, timeoutMs: 0 }),
      options.outbox ?? outboxStore(owner), client.environment, client.limits,
      ({ method }, result) => void (method === "messaging.send" && this.answered(result as Message)));
    this.unsubscribe = [
      client.listen((event) => this.receive(event as AnyEvent<ShippedEvents>)),
      client.state.subscribe(() => this.linked()),
      this.outbox.entries.subscribe(() => this.update(undefined, () => undefined)),
    ];
    this.linked();
  }

  /** The client stays as it is. */
  close(): void {
    for (const each of this.unsubscribe) each();
    this.outbox.close();
  }

  /** Told of any change at all. */
  subscribe(listener: () => void): () => void {
    return this.anything.subscribe(listener);
  }

  get me(): string {
    return this.client.account ?? "";
  }

  sorted(): Chat[] {
    return [...this.chats.values()].sort(byActivity);
  }

  /** The first window of conversations is here. */
  get listed(): boolean {
    return this.windows.listed;
  }

  /** All conversations are. */
  get complete(): boolean {
    return this.windows.complete;
  }

  /** The window behind those that are here. */
  async moreConversations(): Promise<void> {
    await this.windows.more();
    this.update(undefined, () => undefined);
  }

  /** One that was opened is being looked for. */
  isSought(conversation: string): boolean {
    return this.windows.isSought(conversation);
  }

  get(conversation: string): Chat | undefined {
    return this.chats.get(conversation);
  }

  messages(conversation: string): Store<MessagesView> {
    let source = this.messageSources.get(conversation);
    if (!source) this.messageSources.set(conversation, (source = new Source(() => this.messagesView(conversation))));
    return source;
  }

  unread(chat: Chat): boolean {
    return !!chat.last && chat.last.sender !== this.me &&
      chat.last.seq > this.marks.get(chat.conversation.id);
  }

  /** Its messages are wanted, from the newest on. Of others only the last one is fetched. */
  open(conversation: string): void {
    this.opened.add(conversation);
    const chat = this.chats.get(conversation);
    if (chat) this.load(chat);
    else void this.windows.seek(conversation).then(() => this.update(undefined, () => undefined));
    this.markRead();
  }

  shut(conversation: string): void {
    this.pages.leavePast(this.chats.get(conversation));
    this.opened.delete(conversation);
  }

  /** What is open has been read, where the person can see it. */
  markRead(): void {
    if (this.options.isSeen && !this.options.isSeen()) return;
    for (const id of this.opened) {
      const chat = this.chats.get(id);
      if (chat?.last && this.marks.set(id, chat.last.seq)) this.update(chat, () => undefined);
    }
  }

  /** One page further back. */
  async earlier(conversation: string): Promise<void> {
    const chat = this.chats.get(conversation);
    if (chat) await this.pages.earlier(chat);
  }

  /**
   * Sent as soon as it can be, once, behind what was sent before. Resolves when the server has it; rejects
   * where it is refused. Until then it stands among the `unsent`.
   */
  send(conversation: string, text: string): Promise<Message> {
    const clean = sendable(text).trim();
    if (!clean) return Promise.reject(new ParleyError("invalid_params", "There is nothing to send.", false, 0, "/text"));
    return this.outbox.add("messaging.send", conversation, { conversation, text: clean }) as Promise<Message>;
  }

  async remove({ conversation, seq }: Message): Promise<void> {
    await this.client.call("messaging.delete", { conversation, message: seq }, { wait: false });
  }

  async direct(account: string): Promise<Conversation> {
    return this.meet(await this.client.call("messaging.direct", { account }, { repeat: true }) as Conversation);
  }

  async group(name: string, members: readonly string[]): Promise<Conversation> {
    const params = { name: sendable(name), members };
    return this.meet(await this.client.call("messaging.create_group", params, { wait: false }) as Conversation);
  }

  async addMember({ conversation: { id: conversation } }: Chat, account: string): Promise<void> {
    const member = await this.client.call("messaging.add_member", { conversation, account }, { repeat: true });
    this.members.joined(this.chats.get(conversation), member as Member);
  }

  async removeMember({ conversation: { id: conversation } }: Chat, account: string): Promise<void> {
    await this.client.call("messaging.remove_member", { conversation, account }, { wait: false });
    this.members.gone(this.chats.get(conversation), account);
  }

  async leave({ conversation: { id: conversation } }: Chat): Promise<void> {
    await this.client.call("messaging.leave", { conversation }, { wait: false });
    this.drop(conversation);
  }

  // ---- for those who build on this

  /** Messages that a timeline has got, up to `before`; to the newest where there is none. */
  protected came(_chat: Chat, _timeline: Timeline, _items: readonly Message[], _before?: number): void {
    this.markRead();
  }

  /** A message that is new here. */
  protected arrived(_message: Message): void {}

  protected wasDeleted(_conversation: string, _message: number): void {}

  protected update(chat: Chat | undefined, change: () => unknown): void {
    change();
    this.conversationSource.changed();
    this.unreadSource.changed();
    const touched = chat ? [this.messageSources.get(chat.conversation.id)] : this.messageSources.values();
    for (const source of touched) source?.changed();
    this.anything.changed();
  }

  // ---- what the server says

  private linked(): void {
    if (this.client.state.snapshot() === "live") {
      if (!this.listed) void this.list();
      this.outbox.resume();
      for (const id of this.opened) {
        const chat = this.chats.get(id);
        if (chat?.problem) void this.pages.again(chat);
      }
    }
    this.update(undefined, () => undefined);
  }

  private receive(event: AnyEvent<ShippedEvents>): void {
    const [kind, id] = split(event.topic);
    const chat = kind === "conversation" ? this.chats.get(id) : undefined;
    switch (event.event) {
      case "gap":
        if (chat) this.refetch(chat);
        else if (this.listed) void this.list();
        break;
      case "ended":
        if (kind === "conversation") this.drop(id);
        break;
      case "message.created": return this.store(event.data);
      case "message.deleted": return this.deleted(chat, event.data);
      case "member.added": return this.members.joined(chat, event.data);
      case "member.removed":
        if (event.data.account === this.me) this.drop(id);
        else this.members.gone(chat, event.data.account);
        break;
      case "conversation.added": return void this.meet(event.data);
      case "conversation.removed": return this.drop(event.data.id);
    }
  }

  // Shown before its event comes. Once that has come the stretch that is held may begin after it: then it
  // would be shown with a hole behind it.
  private answered(message: Message): void {
    if (message.seq > (this.client.cursor(`conversation:${message.conversation}`) ?? Infinity)) this.store(message);
  }

  private store(message: Message): void {
    if (message.sender === this.me) this.outbox.settle(message.id, message);
    this.arrived(message);
    const chat = this.chats.get(message.conversation);
    if (!chat) return this.windows.heardOf(message.conversation);
    this.update(chat, () => {
      chat.timeline.add([message]);
      if (!chat.last || chat.last.seq < message.seq) chat.last = message;
    });
    if (this.opened.has(message.conversation)) this.markRead();
  }

  private deleted(chat: Chat | undefined, { conversation, message }: Deletion): void {
    this.wasDeleted(conversation, message);
    if (!chat) return;
    this.update(chat, () => {
      chat.timeline.remove(message);
      chat.past?.remove(message);
      if (chat.last?.seq === message) chat.last = chat.timeline.last;
    });
    if (!chat.last) this.windows.anew(conversation);
  }

  // A conversation that may be new here.
  private meet(conversation: Conversation): Conversation {
    this.windows.comeBack(conversation.id);
    if (!this.chats.has(conversation.id)) {
      this.add(conversation);
      void this.windows.seek(conversation.id);
    }
    return conversation;
  }

  private learn({ conversation, people, last }: Overview): void {
    const chat = this.chats.get(conversation.id) ?? this.add(conversation);
    this.update(chat, () => {
      if (last && (chat.last?.seq ?? 0) < last.seq) chat.last = last;
      for (const one of people) if (!chat.members.has(one.account)) chat.members.set(one.account, one);
      if (conversation.kind === "direct") chat.membersKnown = true;
    });
  }

  private add(conversation: Conversation): Chat {
    const chat = newChat(conversation);
    this.update(chat, () => this.chats.set(conversation.id, chat));
    if (this.opened.has(conversation.id)) this.load(chat);
    return chat;
  }

  private load(chat: Chat): void {
    if (!chat.timeline.loaded) void this.pages.newest(chat);
    if (!chat.membersKnown) this.fetchMembers(chat);
  }

  private fetchMembers(chat: Chat): void {
    this.members.fetch(chat).catch((problem: unknown) => this.report("members", problem));
  }

  private drop(conversation: string): void {
    this.windows.leave(conversation);
    const chat = this.chats.get(conversation);
    if (chat) this.update(chat, () => this.chats.delete(conversation));
  }

  private refetch(chat: Chat): void {
    const { id } = chat.conversation;
    chat.timeline.restart();
    if (this.opened.has(id)) void this.pages.newest(chat);
    else this.update(chat, () => (chat.last = undefined)); // it may have been deleted
    this.windows.anew(id);
    if (chat.membersKnown) this.fetchMembers(chat);
  }

  private async list(): Promise<void> {
    await this.windows.first();
    if (this.listed) this.isReady();
    this.update(undefined, () => undefined);
  }

  // Of a conversation that was left meanwhile nothing can be had.
  private report(what: string, problem: unknown): void {
    const code = problem instanceof ParleyError ? problem.code : "";
    if (!["closed", "forbidden", "not_found", "unauthenticated"].includes(code)) {
      console.warn(`parley: ${what}:`, sentence(problem));
    }
  }

  private view(chat: Chat): ConversationView {
    const { conversation, last, members } = chat;
    return { conversation, last, members: [...members.values()], unread: this.unread(chat) };
  }

  private messagesView(conversation: string): MessagesView {
    const chat = this.chats.get(conversation);
    const timeline = chat?.past ?? chat?.timeline;
    return {
      messages: [...(timeline?.all() ?? [])],
      unsent: this.outbox.of(conversation),
      loaded: timeline?.loaded ?? false,
      complete: timeline?.complete ?? false,
      isPast: chat?.past !== undefined,
      fetching: chat?.fetching ?? false,
      problem: chat?.problem,
    };
  }
}
