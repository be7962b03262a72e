// What the server sends. src/api is written by the build, from the manifests of those who send it.

export type { Tokens } from "./api/auth-password.ts";
export type { Profile } from "./api/identity.ts";
export type { Poll } from "./api/polls.ts";
export type { Conversation, Deletion, Hit, Member, Message } from "./api/messaging.ts";

export interface Page<T> {
  items: T[];
  more: boolean;
}

// As docs/protocol.md says.
export interface TopicEvent {
  topic: string;
  seq?: number;
  event: string;
  data?: unknown;
  at?: string;
}
