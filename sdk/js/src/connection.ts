// One WebSocket, from its opening to its end: authenticates, beats, and notices when nothing comes.

import type { Environment, WebSocketLike } from "./environment.js";
import type { Hello } from "./frames.js";
import type { Limits } from "./limits.js";

const OPEN = 1;
const LOST = 1006; // as the browser calls it: closed, and nobody said why
const BEATS_MISSED = 2.5;

export interface ConnectionEvents {
  token(): Promise<string>;
  /** Once: later ones only say that a new token was taken. */
  hello(hello: Hello): void;
  frame(frame: Record<string, unknown>): void;
  heartbeat(): object;
  /** Once, and nothing comes after it. `noToken`: why there was none. */
  closed(code: number, noToken?: unknown): void;
}

export class Connection {
  private greeted = false;
  private over = false;
  private readonly socket: WebSocketLike;
  private beatMs = 30_000;
  private beat: unknown;
  private deadline: unknown;
  private noToken: unknown;

  constructor(
    url: string,
    private readonly environment: Environment,
    private readonly limits: Limits,
    private readonly on: ConnectionEvents,
  ) {
    this.socket = new environment.WebSocket(url.replace(/^http/, "ws").replace(/\/$/, "") + "/v1/socket", ["parley.v1"]);
    this.socket.onopen = () => void this.authenticate();
    this.socket.onmessage = (message: { data: unknown }) => this.receive(message.data);
    this.socket.onclose = (event: { code?: number }) => this.end(event.code ?? LOST);
    this.socket.onerror = () => undefined; // onclose follows
    this.expect(limits.connectMs);
  }

  /** There is a new token. */
  reauthenticate(): void {
    if (this.greeted) void this.authenticate();
  }

  /** The machine may have slept: is anybody there? */
  probe(): void {
    if (!this.greeted) return;
    this.sayAlive();
    this.expect(this.limits.wakeMs);
  }

  write(text: string): void {
    if (!this.over && this.socket.readyState === OPEN) this.socket.send(text);
  }

  close(): void {
    this.socket.close(1000);
    this.over = true;
    this.quiet();
  }

  private async authenticate(): Promise<void> {
    try {
      const credential = await this.on.token();
      this.write(JSON.stringify({ authenticate: { scheme: "Bearer", credential } }));
    } catch (problem) {
      if (this.greeted) return; // this connection ends when its token does
      this.noToken = problem;
      this.abandon();
    }
  }

  private receive(data: unknown): void {
    if (this.over || typeof data !== "string") return;
    const frame = JSON.parse(data) as Record<string, unknown>;
    if (this.greeted) this.expect(this.beatMs * BEATS_MISSED);
    if (!("hello" in frame)) this.on.frame(frame);
    else if (!this.greeted) this.hello(frame.hello as Hello);
  }

  private hello(hello: Hello): void {
    this.greeted = true;
    if (typeof hello.heartbeat_ms === "number") this.beatMs = hello.heartbeat_ms;
    this.expect(this.beatMs * BEATS_MISSED);
    this.planBeat();
    this.on.hello(hello);
  }

  private planBeat(): void {
    this.beat = this.environment.setTimeout(() => {
      this.sayAlive();
      this.planBeat();
    }, this.beatMs);
  }

  private sayAlive(): void {
    this.write(JSON.stringify(this.on.heartbeat()));
  }

  // Nothing came for too long: the connection is dead, whatever the operating system thinks.
  private expect(ms: number): void {
    this.environment.clearTimeout(this.deadline);
    if (!this.over) this.deadline = this.environment.setTimeout(() => this.abandon(), ms);
  }

  // Not waited for: a socket that leads nowhere takes long to close.
  private abandon(): void {
    this.socket.close();
    this.end(LOST);
  }

  private end(code: number): void {
    if (this.over) return;
    this.over = true;
    this.quiet();
    this.on.closed(code, this.noToken);
  }

  private quiet(): void {
    this.environment.clearTimeout(this.beat);
    this.environment.clearTimeout(this.deadline);
  }
}
