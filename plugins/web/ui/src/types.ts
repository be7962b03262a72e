// What the server sends; the types come with the client library, from the manifests.

import type { Identity, Polls } from "@parley/client/api";

export type { Hit, Member, Message } from "@parley/client/chat";
export type Profile = Identity.Profile;
export type Poll = Polls.Poll;

export interface Page<T> {
  items: T[];
  more: boolean;
}

// As docs/protocol.md says.
export interface TopicEvent {
  topic: string;
  seq?: number | undefined;
  event: string;
  data?: unknown;
  at?: string | undefined;
}
