// A conversation, as it is held here.

import type { Conversation, Member, Message } from "../api/messaging.js";
import { Timeline } from "./timeline.js";

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

export function newChat(conversation: Conversation): Chat {
  return {
    conversation,
    timeline: new Timeline(),
    past: undefined,
    members: new Map(),
    membersKnown: false,
    last: undefined,
    fetching: false,
    problem: undefined,
  };
}
