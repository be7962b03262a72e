// One who is connected: calls, events, and what the connection is about. It knows nothing of chat.

import { Calls, type CallOptions } from "./calls.js";
import type { Credentials } from "./credentials.js";
import { environment, type Environment } from "./environment.js";
import { closed, type ParleyError } from "./error.js";
import { EventQueue } from "./event_queue.js";
import type { AnyEvent, EventFrame, GapFrame, Hello, Params, Result } from "./frames.js";
import { LIMITS, type Limits } from "./limits.js";
import { Link, type LinkState } from "./link.js";
import type { ShippedEvents, ShippedMethods } from "./api/index.js";
import { Source, type Store } from "./store.js";
import { Topics } from "./topics.js";

export interface ClientOptions extends Partial<Environment> {
  /** Where an earlier run of the program has come to: every event after them is given. */
  cursors?: Readonly<Record<string, number>>;
  limits?: Partial<Limits>;
}

/** M and E: the `Methods` and `Events` that parley-gen writes from the manifests of the server's plugins. */
export class Client<M = ShippedMethods, E = ShippedEvents> {
  readonly environment: Environment;
  readonly limits: Limits;
  /** Why the state is "stopped"; or "broken", where something else than a server answers. */
  problem: ParleyError | undefined;
  private greeting: Hello | undefined;
  private over = false;
  private isBackground = false;
  private frameBytes = 0;
  private readonly stateSource = new Source<LinkState>(() => this.link.state);
  private readonly queues = new Set<{ wants(name: string): boolean; queue: EventQueue<AnyEvent<E>> }>();
  private readonly listeners = new Set<(event: AnyEvent<E>) => void>();
  private readonly topics: Topics;
  private readonly calls: Calls;
  private readonly link: Link;

  constructor(readonly credentials: Credentials, options: ClientOptions = {}) {
    this.environment = environment(options);
    this.limits = { ...LIMITS, ...options.limits };
    this.calls = new Calls(this.environment, this.limits.callMs, (text) => this.link.write(text));
    this.topics = new Topics((event) => this.emit(event as AnyEvent<E>), options.cursors);
    this.link = new Link(credentials, this.environment, this.limits, {
      hello: (hello) => this.hello(hello),
      frame: (frame) => this.receive(frame),
      heartbeat: () => this.topics.heartbeat(this.frameBytes),
      lost: () => this.calls.lost(),
      stopped: (why) => this.stopped(why),
      doubts: (why) => {
        this.problem = why;
        this.stateSource.changed();
      },
      state: () => this.stateSource.changed(),
    });
  }

  /** "live" when everything that was missed is here. */
  get state(): Store<LinkState> {
    return this.stateSource;
  }

  get account(): string | undefined {
    return this.greeting?.account ?? this.credentials.account;
  }

  /** The plugins whose methods can be called. */
  get features(): readonly string[] {
    return this.greeting?.features ?? [];
  }

  /** Resolves when it is live, for the first time or again; rejects where that will not be. */
  connect(): Promise<void> {
    this.problem = undefined;
    this.over = false;
    this.link.open();
    const connected = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const state = this.link.state;
        if (state !== "live" && state !== "stopped" && state !== "closed") return;
        unsubscribe();
        if (state === "live") resolve();
        else reject(this.problem ?? closed());
      };
      const unsubscribe = this.stateSource.subscribe(look);
      look();
    });
    connected.catch(() => undefined); // who does not wait for it looks at the state
    return connected;
  }

  close(): void {
    this.over = true;
    this.link.close();
    this.calls.end(closed());
    for (const { queue } of [...this.queues]) queue.end();
  }

  call<K extends keyof M & string>(method: K, params: Params<M, K>, options?: CallOptions): Promise<Result<M, K>> {
    if (this.over) return Promise.reject(closed());
    if (this.link.state === "stopped") return Promise.reject(this.problem);
    return this.calls.call(method, params as object, options) as Promise<Result<M, K>>;
  }

  /**
   * Every event, of each topic in order and once; of these names only, where some are given. What comes
   * from now on is kept until it is asked for. Ends with `close`, throws where the client has stopped.
   */
  events(): AsyncIterableIterator<AnyEvent<E>>;
  events<K extends AnyEvent<E>["event"]>(...names: K[]): AsyncIterableIterator<Extract<AnyEvent<E>, { event: K }>>;
  events(...names: string[]): AsyncIterableIterator<AnyEvent<E>> {
    const own = {
      wants: (name: string) => names.length === 0 || names.includes(name),
      queue: new EventQueue<AnyEvent<E>>(this.limits.queuedEvents, () => void this.queues.delete(own)),
    };
    this.queues.add(own);
    return own.queue;
  }

  /** The same, as they come. Gives what ends it. */
  listen(listener: (event: AnyEvent<E>) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** The highest number of each topic that has come. */
  cursors(): Record<string, number> {
    return this.topics.all();
  }

  cursor(topic: string): number | undefined {
    return this.topics.cursor(topic);
  }

  /** Nobody looks: events without a number, such as who is typing, are not sent. */
  background(on: boolean): void {
    if (on === this.isBackground) return;
    this.isBackground = on;
    this.sayBackground();
  }

  private sayBackground(): void {
    this.link.write(JSON.stringify({ background: { on: this.isBackground } }));
  }

  private hello(hello: Hello): void {
    this.greeting = hello;
    this.problem = undefined;
    const { outstanding = 32, frame_bytes = 65_536, resume_bytes = frame_bytes } = hello.limits ?? {};
    this.frameBytes = frame_bytes;
    if (this.isBackground) this.sayBackground();
    this.link.write(JSON.stringify(this.topics.resume(resume_bytes)));
    this.calls.open(outstanding - 1, frame_bytes); // one for the resume
  }

  private receive(frame: Record<string, unknown>): void {
    if ("topic" in frame && "event" in frame) this.topics.receive(frame as unknown as EventFrame);
    else if ("id" in frame) this.calls.answer(frame);
    else if ("gap" in frame) this.topics.gap(frame.gap as GapFrame);
    else if ("resumed" in frame) this.resumed(frame.resumed as { topics: Record<string, number> });
    else if ("draining" in frame) this.draining(frame.draining as { reconnect_after_ms?: number });
    else if ("error" in frame) console.warn("parley:", frame.error); // the close code that follows decides
  }

  private resumed({ topics }: { topics: Record<string, number> }): void {
    this.topics.resumed(topics);
    this.link.resumed();
  }

  private draining(notice: { reconnect_after_ms?: number }): void {
    this.calls.hold();
    this.link.draining(notice.reconnect_after_ms ?? 0);
  }

  private stopped(why: ParleyError): void {
    this.problem = why;
    this.calls.end(why);
    for (const { queue } of [...this.queues]) queue.end(why);
  }

  private emit(event: AnyEvent<E>): void {
    for (const { wants, queue } of [...this.queues]) if (wants(event.event)) queue.push(event);
    for (const listener of [...this.listeners]) listener(event);
  }
}
