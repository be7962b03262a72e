// One WebSocket that keeps itself alive: authenticates, resumes, beats, and connects again by itself.
// Calls that may be repeated wait over a break, and are sent again with the same parameters.

import { Backoff } from "./backoff.ts";
import { CallError, unreachable } from "./call_error.ts";
import { verdict } from "./close_codes.ts";
import type { TopicEvent } from "./types.ts";

export type Link = "connecting" | "live" | "broken" | "draining" | "stopped";

export interface Gap {
  topic: string;
  oldest: number;
  head: number;
}

export interface SocketEvents {
  token(): Promise<string>;
  renewToken(): Promise<void>;
  cursors(): Record<string, number>;
  event(event: TopicEvent): void;
  gap(gap: Gap): void;
  resumed(topics: Record<string, number>): void;
  link(state: Link): void;
  features(names: readonly string[]): void; // the plugins that are switched on
  refused(): void; // the server does not know this session any more
}

interface Pending {
  id: number;
  method: string;
  params: object;
  repeat: boolean;
  sent: boolean;
  resolve(result: unknown): void;
  reject(problem: CallError): void;
}

const CONNECT_MS = 15_000;

export class Socket {
  private socket: WebSocket | undefined;
  private greeted = false;
  private closing = false;
  private readonly calls = new Map<number, Pending>();
  private nextId = 1;
  private window = 32;
  private readonly backoff = new Backoff();
  private comeBack: number | undefined; // what a draining server asked for
  private refusals = 0;
  private reconnectTimer: ReturnType<typeof setTimeout> | undefined;
  private beatTimer: ReturnType<typeof setInterval> | undefined;
  private deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly on: SocketEvents) {
    window.addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
  }

  connect(): void {
    if (this.socket || this.closing) return;
    clearTimeout(this.reconnectTimer);
    this.reconnectTimer = undefined;
    this.on.link("connecting");
    const url = new URL("/v1/socket", location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, ["parley.v1"]);
    this.socket = socket;
    this.expect(CONNECT_MS);
    socket.onopen = () => void this.authenticate(socket);
    socket.onmessage = (message) => this.receive(socket, message.data);
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  close(): void {
    this.closing = true;
    window.removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    clearTimeout(this.reconnectTimer);
    this.quiet();
    const socket = this.socket;
    this.socket = undefined;
    socket?.close(1000);
    for (const call of this.calls.values()) call.reject(unreachable());
    this.calls.clear();
  }

  // Tokens were renewed: tell the server on the same connection.
  reauthenticate(): void {
    if (this.socket && this.greeted) void this.authenticate(this.socket);
  }

  call<T>(method: string, params: object, options: { repeat?: boolean } = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const repeat = options.repeat ?? true;
      if (!repeat && !this.greeted) return reject(unreachable());
      const id = this.nextId++;
      const done = (result: unknown) => resolve(result as T);
      this.calls.set(id, { id, method, params, repeat, sent: false, resolve: done, reject });
      this.pump();
    });
  }

  private readonly hurry = (): void => {
    if (this.reconnectTimer !== undefined && document.visibilityState === "visible") this.connect();
  };

  private async authenticate(socket: WebSocket): Promise<void> {
    let credential: string;
    try {
      credential = await this.on.token();
    } catch {
      if (this.socket === socket) socket.close(); // onclose plans the next attempt
      return;
    }
    if (this.socket === socket) this.write(socket, { authenticate: { scheme: "Bearer", credential } });
  }

  private receive(socket: WebSocket, data: unknown): void {
    if (socket !== this.socket || typeof data !== "string") return;
    const frame = JSON.parse(data) as Record<string, unknown>;
    if (this.greeted) this.expectBeat();
    if ("topic" in frame && "event" in frame) this.on.event(frame as unknown as TopicEvent);
    else if ("id" in frame) this.answer(frame);
    else if ("hello" in frame) this.hello(socket, frame.hello as Record<string, unknown>);
    else if ("gap" in frame) this.on.gap(frame.gap as Gap);
    else if ("resumed" in frame) this.resumed(frame.resumed as { topics: Record<string, number> });
    else if ("draining" in frame) this.draining(frame.draining as { reconnect_after_ms?: number });
    else if ("error" in frame) console.warn("parley:", frame.error);
  }

  private hello(socket: WebSocket, hello: Record<string, unknown>): void {
    if (this.greeted) return; // only the tokens were renewed
    this.greeted = true;
    this.refusals = 0;
    this.on.features((hello.features ?? []) as string[]);
    const limits = (hello.limits ?? {}) as { outstanding?: number };
    this.window = Math.max(1, (limits.outstanding ?? 32) - 1);
    const beat = typeof hello.heartbeat_ms === "number" ? hello.heartbeat_ms : 30_000;
    this.beatMs = beat;
    this.beatTimer = setInterval(() => this.write(socket, { heartbeat: {} }), beat);
    this.expectBeat();
    this.write(socket, { resume: { cursors: this.on.cursors() } });
    this.pump();
  }

  private beatMs = 30_000;

  private resumed(resumed: { topics: Record<string, number> }): void {
    this.backoff.reset();
    this.on.resumed(resumed.topics);
    this.on.link("live");
  }

  private draining(notice: { reconnect_after_ms?: number }): void {
    this.comeBack = notice.reconnect_after_ms ?? 0;
    this.on.link("draining");
  }

  private answer(frame: Record<string, unknown>): void {
    const call = this.calls.get(frame.id as number);
    if (!call) return;
    this.calls.delete(call.id);
    if (frame.error !== undefined) call.reject(CallError.from(frame.error));
    else call.resolve(frame.result);
    this.pump();
  }

  private pump(): void {
    if (!this.socket || !this.greeted) return;
    let outstanding = 0;
    for (const call of this.calls.values()) {
      if (outstanding++ >= this.window) return;
      if (call.sent) continue;
      call.sent = true;
      this.write(this.socket, { id: call.id, method: call.method, params: call.params });
    }
  }

  private closed(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return;
    this.socket = undefined;
    this.greeted = false;
    this.quiet();
    for (const call of [...this.calls.values()]) {
      if (call.sent && !call.repeat) {
        this.calls.delete(call.id);
        call.reject(unreachable());
      }
      call.sent = false;
    }
    this.decide(code);
  }

  private decide(code: number): void {
    const what = verdict(code);
    if (what === "stop") {
      this.on.link("stopped");
      return;
    }
    this.on.link("broken");
    if (what === "resume") {
      this.again(code === 4000 ? this.comeBack : undefined);
      return;
    }
    // A session that the server refuses may only need new tokens: that is tried once.
    if (++this.refusals > 2) {
      this.on.refused();
      return;
    }
    this.on.renewToken().then(
      () => this.again(0),
      () => this.again(),
    );
  }

  private again(wait: number = this.backoff.next()): void {
    this.comeBack = undefined;
    if (this.closing) return;
    clearTimeout(this.reconnectTimer);
    this.reconnectTimer = setTimeout(() => this.connect(), wait);
  }

  private expectBeat(): void {
    this.expect(this.beatMs * 2.5);
  }

  // Nothing came for too long: the connection is dead, whatever the operating system thinks.
  private expect(ms: number): void {
    clearTimeout(this.deadline);
    const socket = this.socket;
    this.deadline = setTimeout(() => {
      if (!socket || socket !== this.socket) return;
      socket.close();
      this.closed(socket, 1006);
    }, ms);
  }

  private quiet(): void {
    clearInterval(this.beatTimer);
    clearTimeout(this.deadline);
  }

  private write(socket: WebSocket, frame: object): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  }
}
