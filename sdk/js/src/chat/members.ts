// Who is in a conversation: a list that is fetched, and events that cross it on the way.

import type { Member } from "../api/messaging.js";
import type { Chat } from "./chat.js";
import { allPages, type Ask } from "./persist.js";

export class MemberLists {
  private readonly changed = new Map<Chat, Set<string>>(); // accounts, while the list is on its way

  constructor(private readonly ask: Ask, private readonly update: (chat: Chat, change: () => unknown) => void) {}

  joined(chat: Chat | undefined, member: Member): void {
    if (!chat) return;
    this.changed.get(chat)?.add(member.account);
    this.update(chat, () => chat.members.set(member.account, member));
  }

  gone(chat: Chat | undefined, account: string): void {
    if (!chat) return;
    this.changed.get(chat)?.add(account);
    this.update(chat, () => chat.members.delete(account));
  }

  async fetch(chat: Chat): Promise<void> {
    const conversation = chat.conversation.id;
    const changed = new Set<string>();
    this.changed.set(chat, changed);
    const all = await allPages((after) =>
      this.ask("messaging.members", after === undefined ? { conversation } : { conversation, after }), (one) => one.account);
    if (this.changed.get(chat) !== changed) return; // a later one is on its way
    this.changed.delete(chat);
    const members = new Map(all.filter((one) => !changed.has(one.account)).map((one) => [one.account, one]));
    for (const account of changed) {
      const member = chat.members.get(account);
      if (member) members.set(account, member);
    }
    this.update(chat, () => Object.assign(chat, { members, membersKnown: true }));
  }
}
