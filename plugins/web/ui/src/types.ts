// What the server sends, as docs/protocol.md and the plugins' manifests say.

export interface Profile {
  id: string;
  kind: "user" | "bot";
  name?: string;
  display_name: string;
}

export interface Conversation {
  id: string;
  kind: "direct" | "group";
  name?: string;
  created_at: string;
}

export interface Member {
  conversation: string;
  account: string;
  role: "owner" | "member";
  since: number;
}

export interface Message {
  id: string;
  conversation: string;
  seq: number;
  sender: string;
  text: string;
  at: string;
}

export interface Page<T> {
  items: T[];
  more: boolean;
}

export interface Tokens {
  account: string;
  session: string;
  access_token: string;
  access_expires_at: string;
  refresh_token: string;
  refresh_expires_at: string;
}

export interface TopicEvent {
  topic: string;
  seq?: number;
  event: string;
  data?: unknown;
  at?: string;
}
