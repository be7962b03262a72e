// Keeps a connection: comes back after a break, by what its close code asks for, and later each time.

import { Backoff } from "./backoff.js";
import { verdict } from "./close_codes.js";
import { Connection } from "./connection.js";
import { isAddress } from "./rest.js";
import type { Credentials } from "./credentials.js";
import type { Environment } from "./environment.js";
import { ParleyError, isTemporary, noServer } from "./error.js";
import type { Hello } from "./frames.js";
import type { Limits } from "./limits.js";

export type LinkState =
  | "closed" // by the application, or not opened yet
  | "connecting"
  | "live" // everything that was missed is here
  | "draining" // the server is about to go
  | "broken" // there will be another attempt
  | "stopped"; // there will be none: `problem` says why

export interface LinkEvents {
  hello(hello: Hello): void;
  frame(frame: Record<string, unknown>): void;
  heartbeat(): object;
  lost(): void;
  stopped(why: ParleyError): void;
  /** There will be another attempt, but something else answers there. */
  doubts(why: ParleyError): void;
  state(state: LinkState): void;
}

export class Link {
  state: LinkState = "closed";
  private connection: Connection | undefined;
  private readonly backoff: Backoff;
  private comeBack: number | undefined; // what a draining server asked for
  private refusals = 0;
  private greeted = false; // ever
  private timer: unknown;
  private unsubscribe: (() => void)[] = [];

  constructor(
    private readonly credentials: Credentials,
    private readonly environment: Environment,
    private readonly limits: Limits,
    private readonly on: LinkEvents,
  ) {
    this.backoff = new Backoff(environment.random, limits.firstWaitMs, limits.longestWaitMs);
  }

  open(): void {
    if (this.state !== "closed" && this.state !== "stopped") return;
    this.refusals = 0;
    this.backoff.reset();
    this.unsubscribe = [this.environment.onWake(() => this.wake())];
    const unsubscribe = this.credentials.subscribe?.(() => this.renewed());
    if (unsubscribe) this.unsubscribe.push(unsubscribe);
    this.connect();
  }

  close(): void {
    this.leave();
    this.become("closed");
  }

  write(text: string): void {
    this.connection?.write(text);
  }

  /** What was missed is here. */
  resumed(): void {
    this.backoff.reset();
    this.become("live");
  }

  draining(reconnectAfterMs: number): void {
    this.comeBack = reconnectAfterMs;
    this.become("draining");
  }

  private connect(): void {
    this.environment.clearTimeout(this.timer);
    this.timer = undefined;
    if (!isAddress(this.credentials.url)) return this.stop(noServer(this.credentials.url));
    this.become("connecting");
    let own: Connection | undefined;
    const isOwn = (): boolean => own !== undefined && own === this.connection;
    own = this.connection = new Connection(this.credentials.url, this.environment, this.limits, {
      token: () => this.credentials.token(),
      hello: (hello) => {
        if (!isOwn()) return;
        this.refusals = 0;
        this.greeted = true;
        this.on.hello(hello);
      },
      frame: (frame) => void (isOwn() && this.on.frame(frame)),
      heartbeat: () => this.on.heartbeat(),
      closed: (code, noToken) => void (isOwn() && this.closed(code, noToken)),
    });
  }

  private closed(code: number, noToken: unknown): void {
    this.connection = undefined;
    this.on.lost();
    if (noToken !== undefined && !isTemporary(noToken)) return this.stop(refusal(noToken));
    const what = verdict(code);
    if (what === "stop") return this.stop(new ParleyError("connection_refused", `The server closed the connection with ${code}.`));
    this.become("broken");
    if (what === "renew") return this.renew();
    if (!this.greeted) void this.lookWhoIsThere();
    this.again(this.comeBack);
  }

  // A WebSocket does not say why it failed. A proxy may answer so while the server is away: no reason to stop.
  private async lookWhoIsThere(): Promise<void> {
    const { url } = this.credentials;
    try {
      const address = url.replace(/^ws/, "http").replace(/\/$/, "") + "/v1/socket";
      const { status } = await this.environment.fetch(address, { credentials: "omit", cache: "no-store" });
      if (status === 404 && this.state === "broken" && !this.greeted) this.on.doubts(noServer(url));
    } catch { /* nobody is: `broken` says so */ }
  }

  // A token that the server refuses may only have to be renewed: that is tried twice.
  private renew(): void {
    if (!this.credentials.renew || ++this.refusals > 2) {
      return this.stop(new ParleyError("unauthenticated", "Please log in again."));
    }
    this.credentials.renew().then(
      () => this.state === "broken" && this.again(0),
      (problem: unknown) => {
        if (this.state !== "broken") return;
        if (isTemporary(problem)) this.again();
        else this.stop(refusal(problem));
      });
  }

  private again(wait: number = this.backoff.next()): void {
    this.comeBack = undefined;
    this.environment.clearTimeout(this.timer);
    this.timer = this.environment.setTimeout(() => this.connect(), wait);
  }

  private wake(): void {
    if (this.timer !== undefined) this.connect();
    else this.connection?.probe();
  }

  private renewed(): void {
    if (this.credentials.ended) this.stop(this.credentials.ended);
    else this.connection?.reauthenticate();
  }

  private stop(why: ParleyError): void {
    if (this.state === "stopped") return;
    this.leave();
    this.on.stopped(why);
    this.become("stopped");
  }

  private leave(): void {
    this.environment.clearTimeout(this.timer);
    this.timer = undefined;
    for (const each of this.unsubscribe.splice(0)) each();
    const { connection } = this;
    this.connection = undefined;
    connection?.close();
    if (connection) this.on.lost();
  }

  private become(state: LinkState): void {
    if (state === this.state) return;
    this.state = state;
    this.on.state(state);
  }
}

function refusal(problem: unknown): ParleyError {
  return problem instanceof ParleyError ? problem
    : new ParleyError("unauthenticated", problem instanceof Error ? problem.message : String(problem));
}
