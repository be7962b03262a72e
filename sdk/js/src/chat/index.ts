// Conversations and messages: what the plugin messaging offers, kept true over every break.

export type { Conversation, Deletion, Hit, Member, Message } from "../api/messaging.js";
export type { Chat } from "./chat.js";
export { Chats, type ChatsOptions, type ConversationView, type MessagesView } from "./chats.js";
export { eventsWithoutGaps } from "./filled.js";
export { byActivity, lastActivity } from "./order.js";
export { Pages } from "./pages.js";
export type { MarkStorage } from "./read_marks.js";
export { Timeline } from "./timeline.js";
