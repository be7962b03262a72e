// The newest activity first; where there is none, the newest conversation.

import type { Conversation, Message } from "../api/messaging.js";

export interface Dated {
  conversation: Conversation;
  last: Message | undefined;
}

export function lastActivity(chat: Dated): string {
  return chat.last?.at ?? chat.conversation.created_at;
}

export function byActivity(a: Dated, b: Dated): number {
  const [at, bt] = [lastActivity(a), lastActivity(b)];
  if (at !== bt) return at < bt ? 1 : -1;
  return a.conversation.id < b.conversation.id ? 1 : -1;
}
