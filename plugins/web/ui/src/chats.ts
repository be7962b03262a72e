// What the page knows beside conversations and messages, which the client library keeps: names, reactions,
// who is typing, polls. The views read it and are told of changes.

import { Client, sendable, uuid7, type LinkState, type Session } from "@parley/client";
import { Chats as Conversations, type Chat, type Hit, type Message, type Timeline } from "@parley/client/chat";
import { Names } from "./names.ts";
import { Polls } from "./polls.ts";
import { Reactions } from "./reactions.ts";
import type { Page, Profile } from "./types.ts";
import { Typing } from "./typing.ts";

export type { Chat } from "@parley/client/chat";

export interface Searched {
  conversation: string | undefined; // none: all
  unfinished: boolean; // the last word may be the beginning of one
  skip: number;
}

export class Chats extends Conversations {
  readonly names: Names;
  readonly reactions: Reactions;
  readonly typing: Typing;
  readonly polls: Polls;
  private readonly own: Client;
  private shown: string | undefined;

  constructor(session: Session, ended: (why: string) => void, changed: () => void) {
    const client = new Client(session);
    super(client, { marks: localStorage, isSeen: () => document.visibilityState === "visible" });
    this.own = client;
    const call = <T>(method: string, params: object): Promise<T> =>
      client.call(method as never, params as never, { repeat: true }) as Promise<T>;
    this.reactions = new Reactions(session.account, call, changed);
    this.polls = new Polls(call, changed);
    this.typing = new Typing(session.account, (method, params) =>
      client.call(method as never, params as never, { wait: false }), changed);
    this.names = new Names((account) => client.call("account.get", { account }, { repeat: true }), changed);
    client.listen((event) => {
      this.reactions.receive(event);
      this.typing.receive(event);
      this.polls.receive(event);
    });
    client.state.subscribe(() => {
      if (client.problem?.code === "unauthenticated") ended(client.problem.message);
    });
    this.subscribe(changed);
    document.addEventListener("visibilitychange", this.look);
    void client.connect();
  }

  override close(): void {
    document.removeEventListener("visibilitychange", this.look);
    super.close();
    this.own.close();
  }

  private readonly look = (): void => this.own.background(document.visibilityState !== "visible");

  get link(): LinkState {
    return this.own.state.snapshot();
  }

  get features(): readonly string[] {
    return this.own.features;
  }

  title(chat: Chat): string {
    if (chat.conversation.name) return chat.conversation.name;
    const others = [...chat.members.keys()].filter((account) => account !== this.me);
    if (others.length === 0) return chat.membersKnown ? "Just me" : "…";
    return others.map((account) => this.names.name(account)).join(", ");
  }

  // The person looks at this conversation now (or at none).
  show(conversation: string | undefined): void {
    if (this.shown !== undefined && this.shown !== conversation) this.shut(this.shown);
    this.shown = conversation;
    if (conversation !== undefined) this.open(conversation);
  }

  writing(conversation: string): void {
    if (this.features.includes("typing")) this.typing.write(conversation);
  }

  async find(name: string): Promise<Profile[]> {
    const page = await this.own.call("account.find", { name: sendable(name), limit: 20 }, { repeat: true });
    this.names.learn(page.items);
    return page.items.filter((profile) => profile.id !== this.me);
  }

  search(text: string, { conversation, unfinished, skip }: Searched): Promise<Page<Hit>> {
    const wanted = { text: sendable(text), unfinished, skip };
    return conversation === undefined ? this.own.call("messaging.search_all", wanted, { repeat: true })
      : this.own.call("messaging.search", { conversation, ...wanted }, { repeat: true });
  }

  newPoll(conversation: string): (poll: Parameters<Polls["create"]>[2]) => Promise<unknown> {
    return (poll) => this.polls.create(conversation, uuid7(), poll);
  }

  // What other plugins have to a page of history.
  protected override came(chat: Chat, timeline: Timeline, items: readonly Message[], before?: number): void {
    super.came(chat, timeline, items, before);
    const { id } = chat.conversation;
    const from = timeline.complete ? 1 : Math.min(...items.map((message) => message.seq));
    const failed = (problem: unknown): void => console.warn("parley: reactions, polls:", problem);
    if (this.features.includes("polls")) this.polls.load(id, from, before === undefined).catch(failed);
    if (items.length === 0 || !this.features.includes("reactions")) return;
    const to = before === undefined ? Number.MAX_SAFE_INTEGER : before - 1;
    this.reactions.load(id, from, to).catch(failed);
  }

  protected override arrived(message: Message): void {
    this.typing.stop(message.conversation, message.sender);
  }

  protected override wasDeleted(conversation: string, message: number): void {
    this.reactions.drop(conversation, message);
  }
}
