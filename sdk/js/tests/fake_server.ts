// The server's end, after docs/protocol.md: enough of messaging to chat, and a network that the test breaks.
// Frames wait on their way until they are delivered; a cut loses them.

import type { EventFrame } from "../src/frames.ts";
import { settled } from "./clock.ts";

type Frame = Record<string, any>;

export class FakeSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  up: string[] = []; // on the way to the server
  down: string[] = []; // … to the client
  account: string | undefined;
  follows = new Set<string>();
  resumes = 0;

  constructor(readonly server: FakeServer, readonly url: string, readonly protocols: string[]) {
    server.sockets.push(this);
  }

  send(text: string): void {
    this.up.push(text);
  }

  // By the client.
  close(): void {
    this.gone();
  }

  // By the server or the network; what is on the way is lost.
  end(code: number): void {
    if (this.readyState === 3) return;
    this.gone();
    this.onclose?.({ code });
  }

  says(frame: Frame): void {
    this.down.push(JSON.stringify(frame));
  }

  private gone(): void {
    this.readyState = 3;
    this.up = this.down = [];
    this.follows.clear();
  }
}

export class FakeServer {
  sockets: FakeSocket[] = [];
  isDown = false;
  tokens = new Map([["token", "me"]]); // and whose each is
  logs = new Map<string, EventFrame[]>([["account:me", []]]);
  kept = new Map<string, number>(); // the oldest number that the log of a topic still has
  readable = new Map<string, number>([["account:me", 1]]); // by "me", and from which number
  messages = new Map<string, Frame[]>(); // by conversation: what history has
  replies = new Map<string, Frame>(); // by the id of a send
  heard: Frame[] = []; // what has been handled, in order
  refuse: ((call: Frame) => Frame | undefined) | undefined; // an error instead of handling it
  hold: ((call: Frame) => boolean) | undefined; // handled, and never answered
  outstanding = 64;
  window = 50; // conversations
  clock = () => "2026-01-01T00:00:00.000Z";

  get WebSocket(): any {
    const server = this;
    return function (url: string, protocols: string[]) {
      return new FakeSocket(server, url, protocols);
    };
  }

  get socket(): FakeSocket {
    return this.sockets[this.sockets.length - 1]!;
  }

  // Everything on the way, until nothing is.
  async deliver(): Promise<void> {
    for (let moved = true; moved;) {
      await settled();
      moved = false;
      for (const socket of [...this.sockets]) while (this.step(socket)) moved = true;
    }
  }

  // One thing that was on the way; false: there was none.
  step(socket: FakeSocket, downFirst = false): boolean {
    if (socket.readyState === 0) {
      if (this.isDown) socket.end(1006);
      else {
        socket.readyState = 1;
        socket.onopen?.();
      }
      return true;
    }
    if (downFirst && this.toClient(socket)) return true;
    const text = socket.up.shift();
    if (text === undefined) return this.toClient(socket);
    this.handle(socket, JSON.parse(text) as Frame);
    return true;
  }

  cut(code = 1006): void {
    for (const socket of [...this.sockets]) socket.end(code);
    this.sockets = [];
  }

  // A conversation that "me" can read from its next event on, which says that "me" is there.
  invite(conversation: string): void {
    const topic = `conversation:${conversation}`;
    const log = this.logs.get(topic) ?? [];
    this.logs.set(topic, log);
    this.readable.set(topic, log.length + 1);
    for (const socket of this.sockets) if (socket.resumes > 0) socket.follows.add(topic);
    this.publish(topic, "member.added", { conversation, account: "me", role: "member", since: log.length + 1 });
    this.publish("account:me", "conversation.added", this.conversation(conversation));
  }

  remove(conversation: string): void {
    const topic = `conversation:${conversation}`;
    this.publish(topic, "member.removed", { conversation, account: "me", role: "member", since: 1 });
    this.readable.delete(topic);
    for (const socket of this.sockets) socket.follows.delete(topic);
    this.publish("account:me", "conversation.removed", this.conversation(conversation));
  }

  say(conversation: string, text: string, sender = "other", id = `${sender} ${text}`): Frame {
    const log = this.logs.get(`conversation:${conversation}`)!;
    const message = { id, conversation, seq: log.length + 1, sender, text, at: this.clock() };
    const all = this.messages.get(conversation) ?? [];
    this.messages.set(conversation, [...all, message]);
    this.publish(`conversation:${conversation}`, "message.created", message);
    return message;
  }

  unsay(conversation: string, seq: number): void {
    const log = this.logs.get(`conversation:${conversation}`)!;
    log[seq - 1] = { topic: `conversation:${conversation}`, seq, event: "void" };
    this.messages.set(conversation, this.messages.get(conversation)!.filter((one) => one.seq !== seq));
    this.publish(`conversation:${conversation}`, "message.deleted",
      { conversation, message: seq, sender: "other", by: "other", at: this.clock() });
  }

  publish(topic: string, event: string, data: object): void {
    const log = this.logs.get(topic)!;
    const frame = { topic, seq: log.length + 1, event, data, at: this.clock() };
    log.push(frame);
    for (const socket of this.sockets) if (socket.follows.has(topic)) socket.says(frame);
  }

  // The log no longer has what is before this number.
  prune(topic: string, oldest: number): void {
    this.kept.set(topic, oldest);
  }

  calls(method: string): Frame[] {
    return this.heard.filter((frame) => frame.method === method);
  }

  private toClient(socket: FakeSocket): boolean {
    const text = socket.down.shift();
    if (text === undefined) return false;
    socket.onmessage?.({ data: text });
    return true;
  }

  private handle(socket: FakeSocket, frame: Frame): void {
    this.heard.push(frame);
    if (frame.authenticate) this.authenticate(socket, frame.authenticate.credential);
    else if (frame.cancel || frame.background) return;
    else if (frame.heartbeat) socket.says({ heartbeat: {} });
    else if (frame.resume) this.resume(socket, frame.resume.cursors);
    else this.call(socket, frame);
  }

  private authenticate(socket: FakeSocket, credential: string): void {
    const account = this.tokens.get(credential);
    if (account === undefined) return socket.end(4101);
    socket.account = account;
    socket.says({ hello: { account, session: "s", heartbeat_ms: 30_000, time: this.clock(), features: ["messaging"],
      limits: { frame_bytes: 65_536, outstanding: this.outstanding } } });
  }

  private resume(socket: FakeSocket, cursors: Record<string, number>): void {
    const heads: Record<string, number> = {};
    socket.resumes += 1;
    for (const [topic, from] of this.readable) {
      const log = this.logs.get(topic)!;
      heads[topic] = log.length;
      socket.follows.add(topic);
      if (!(topic in cursors)) continue;
      const after = Math.max(cursors[topic]!, from - 1);
      const oldest = this.kept.get(topic) ?? 1;
      if (after < log.length && after + 1 < oldest) socket.says({ gap: { topic, oldest, head: log.length } });
      else for (const event of log.slice(after)) socket.says(event);
    }
    socket.says({ resumed: { topics: heads } });
  }

  private call(socket: FakeSocket, call: Frame): void {
    const error = this.refuse?.(call);
    if (error) return socket.says({ id: call.id, error });
    const result = this.result(call);
    if (!this.hold?.(call)) socket.says({ id: call.id, ...result });
  }

  private result({ method, params }: Frame): Frame {
    switch (method) {
      case "messaging.recent": return this.recent(params);
      case "messaging.overview":
        return this.readable.has(`conversation:${params.conversation}`) ? { result: this.overview(params.conversation) } : forbidden;
      case "messaging.members": return { result: { items: [], more: false } };
      case "messaging.send": return this.send(params);
      case "messaging.history": return this.history(params);
      default: return { error: { code: "unknown_method", message: "There is no such method.", temporary: false } };
    }
  }

  private send({ conversation, id, text }: Frame): Frame {
    const before = this.replies.get(id);
    if (!this.readable.has(`conversation:${conversation}`)) return forbidden;
    if (before && before.text !== text) return { error: { code: "idempotency_conflict", message: "Another.", temporary: false } };
    const message = before ?? this.say(conversation, text, "me", id);
    this.replies.set(id, message);
    return { result: message };
  }

  private history({ conversation, after, before, limit = 50 }: Frame): Frame {
    const from = this.readable.get(`conversation:${conversation}`);
    if (from === undefined) return forbidden;
    const all = (this.messages.get(conversation) ?? []).filter((one) => one.seq >= from);
    if (after !== undefined) {
      const later = all.filter((one) => one.seq > after);
      return { result: { items: later.slice(0, limit), more: later.length > limit } };
    }
    const earlier = all.filter((one) => one.seq < (before ?? Infinity));
    return { result: { items: earlier.slice(-limit), more: earlier.length > limit } };
  }

  private recent({ before = "0" }: Frame): Frame {
    const activity = (one: Frame): string => one.last?.at ?? one.conversation.created_at;
    const all = [...this.readable.keys()].filter((topic) => topic.startsWith("conversation:"))
      .map((topic) => this.overview(topic.slice(13)))
      .sort((a, b) => activity(b).localeCompare(activity(a)));
    const end = Number(before) + this.window;
    return { result: { items: all.slice(Number(before), end), ...(end < all.length ? { next: String(end) } : {}) } };
  }

  private overview(id: string): Frame {
    const from = this.readable.get(`conversation:${id}`)!;
    const all = this.messages.get(id) ?? [];
    const last = all.filter((one) => one.seq >= from).at(-1);
    const people = [{ conversation: id, account: "me", role: "member", since: from }];
    return { conversation: this.conversation(id), people, members: 1, sent: all.length, ...(last ? { last } : {}) };
  }

  private conversation(id: string): Frame {
    return { id, kind: "group", name: id, created_at: "2026-01-01T00:00:00.000Z" };
  }
}

const forbidden = { error: { code: "forbidden", message: "Not here.", temporary: false } };
