// Connections, calls and events: what every plugin's clients need. Chat is in "@parley/client/chat".

export type { ShippedEvents, ShippedMethods } from "./api/index.js";
export type { LoginParams, RegisterParams, Tokens } from "./api/auth-password.js";
export type { CallOptions } from "./calls.js";
export { Client, type ClientOptions } from "./client.js";
export type { Credentials } from "./credentials.js";
export { environment, type Environment, type WebSocketConstructor, type WebSocketLike } from "./environment.js";
export { ParleyError, sentence } from "./error.js";
export type { AnyEvent, Params, Received, Result, Signal } from "./frames.js";
export { LIMITS, type Limits } from "./limits.js";
export type { LinkState } from "./link.js";
export { Outbox } from "./outbox.js";
export { IndexedDbOutboxStore, MemoryOutboxStore, type Entry, type OutboxStore } from "./outbox_store.js";
export { rest } from "./rest.js";
export { sendable } from "./sendable.js";
export { Session, type SessionOptions, type TokenStorage } from "./session.js";
export { Source, type Store } from "./store.js";
export { split } from "./topic.js";
export { uuid7 } from "./uuid.js";
