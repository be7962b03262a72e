// Calls that have to happen, however long it takes: each has an id made here, is kept until the server
// has answered, and is sent again with the same id and the same parameters; the server does each id once.
// Within a lane one at a time, so that they happen in the order in which they were made.

import { Backoff } from "./backoff.js";
import type { Environment } from "./environment.js";
import { ParleyError, closed, isTemporary, sentence } from "./error.js";
import type { Limits } from "./limits.js";
import type { Entry, OutboxStore } from "./outbox_store.js";
import { Source, type Store } from "./store.js";
import { uuid7 } from "./uuid.js";

type Send = (method: string, params: object) => Promise<unknown>;

interface Waiter {
  resolve(result: unknown): void;
  reject(problem: unknown): void;
}

const DAY_MS = 86_400_000;
// That the client goes no further says nothing of what was to be sent.
const STOPPED = ["unauthenticated", "connection_refused", "closed"];

export class Outbox {
  /** What has not been answered yet, in the order in which it was made. */
  readonly entries: Store<readonly Entry[]>;
  /** What an earlier run of the program left is here. */
  readonly loaded: Promise<void>;
  private list: Entry[] = [];
  private isLoaded = false;
  private over = false;
  private readonly source = new Source<readonly Entry[]>(() => this.list.map((entry) => ({ ...entry })));
  private readonly busy = new Set<string>(); // lanes with one on its way
  private readonly kept = new Map<string, Promise<void>>(); // the last write of each to the store
  private readonly waiters = new Map<string, Waiter>();
  private readonly backoff: Backoff;

  constructor(
    private readonly send: Send,
    private readonly store: OutboxStore,
    private readonly environment: Environment,
    private readonly limits: Limits,
    /** Of everything that was answered, also where nobody waits for it any more. */
    private readonly answered: (entry: Entry, result: unknown) => void = () => undefined,
  ) {
    this.backoff = new Backoff(environment.random, limits.firstWaitMs, limits.longestWaitMs);
    this.entries = this.source;
    this.loaded = this.load();
  }

  of(lane: string): Entry[] {
    return this.list.filter((entry) => entry.lane === lane);
  }

  get size(): number {
    return this.list.length;
  }

  /** Resolves with the server's answer; rejects where it is refused. `params` get the id as `id`. */
  add(method: string, lane: string, params: object): Promise<unknown> {
    if (this.over) return Promise.reject(closed());
    const id = uuid7(this.environment.now());
    const at = new Date(this.environment.now()).toISOString();
    const order = (this.list.at(-1)?.order ?? 0) + 1;
    return this.append({ id, lane, order, method, params: { ...params, id }, at, state: "sending" });
  }

  /** Answered, as was seen elsewhere, such as among the events. */
  settle(id: string, result: unknown): void {
    this.waiters.get(id)?.resolve(result);
    this.drop(id);
  }

  /** What was refused, once more. */
  retry(id: string): void {
    const entry = this.list.find((one) => one.id === id);
    if (!entry || entry.state !== "refused") return;
    if (entry.code !== "idempotency_conflict") {
      this.mark(entry, { state: "sending", sentAt: undefined });
      return this.pump(entry.lane);
    }
    this.drop(id); // the id is taken
    void this.add(entry.method, entry.lane, entry.params).catch(() => undefined);
  }

  discard(id: string): void {
    this.waiters.get(id)?.reject(new ParleyError("discarded", "It was discarded before it was sent."));
    this.drop(id);
  }

  /** After the client had stopped. */
  resume(): void {
    for (const lane of new Set(this.list.map((entry) => entry.lane))) this.pump(lane);
  }

  /** Sends no more; what is unsent stays in the store. */
  close(): void {
    this.over = true;
    for (const waiter of this.waiters.values()) waiter.reject(closed());
    this.waiters.clear();
  }

  private async load(): Promise<void> {
    let left: Entry[] = [];
    try {
      left = (await this.store.load()).sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
    } catch (problem) {
      console.warn("parley: what was unsent cannot be read:", problem);
    }
    const meanwhile = new Set(this.list.map((entry) => entry.id));
    left = left.filter((entry) => !meanwhile.has(entry.id));
    for (const entry of left) if (entry.state !== "refused") entry.state = "sending";
    const last = left.at(-1)?.order ?? 0;
    for (const entry of this.list) this.mark(entry, { order: entry.order + last });
    this.list = [...left, ...this.list];
    this.isLoaded = true;
    this.source.changed();
    this.resume();
  }

  private append(entry: Entry): Promise<unknown> {
    this.list.push(entry);
    const answer = new Promise((resolve, reject) => this.waiters.set(entry.id, { resolve, reject }));
    answer.catch(() => undefined); // who does not wait for it looks at the entries
    this.mark(entry, {});
    this.pump(entry.lane);
    return answer;
  }

  private pump(lane: string): void {
    if (!this.isLoaded || this.over || this.busy.has(lane)) return;
    const entry = this.list.find((one) => one.lane === lane && one.state !== "refused");
    if (!entry) return;
    this.busy.add(lane);
    void this.deliver(entry).then(() => this.next(lane), (problem: unknown) => this.failed(entry, problem));
  }

  private async deliver(entry: Entry): Promise<void> {
    const since = entry.sentAt === undefined ? 0 : this.environment.now() - Date.parse(entry.sentAt);
    if (since > this.limits.repeatDays * DAY_MS) {
      throw new ParleyError("too_old", "It may have been sent long ago. Look, and then send it again or discard it.");
    }
    this.mark(entry, { state: "sending", sentAt: entry.sentAt ?? new Date(this.environment.now()).toISOString() });
    await this.kept.get(entry.id); // what goes out is found again after a crash
    if (!this.list.includes(entry)) return; // settled or discarded meanwhile
    const result = await this.send(entry.method, entry.params);
    this.backoff.reset();
    this.answered(entry, result);
    this.settle(entry.id, result);
  }

  private failed(entry: Entry, problem: unknown): void {
    if (this.over) return;
    if (isTemporary(problem)) {
      const { message, code, retryAfterMs } = problem as ParleyError;
      this.mark(entry, { state: "waiting", reason: message, code });
      const wait = Math.max(retryAfterMs, this.backoff.next());
      this.environment.setTimeout(() => this.next(entry.lane), wait);
      return;
    }
    const code = problem instanceof ParleyError ? problem.code : "internal";
    if (STOPPED.includes(code)) {
      this.mark(entry, { state: "waiting", code, reason: sentence(problem) });
      this.busy.delete(entry.lane);
      return; // until resume()
    }
    this.refuse(entry, code, problem);
    this.next(entry.lane);
  }

  private refuse(entry: Entry, code: string, problem: unknown): void {
    this.mark(entry, { state: "refused", code, reason: sentence(problem) });
    this.waiters.get(entry.id)?.reject(problem);
    this.waiters.delete(entry.id);
  }

  private next(lane: string): void {
    this.busy.delete(lane);
    this.pump(lane);
  }

  private mark(entry: Entry, change: Partial<Entry>): void {
    const { code, reason } = { code: undefined, reason: undefined, ...change };
    Object.assign(entry, change, { code, reason });
    if (!this.list.includes(entry)) return;
    this.write(entry.id, () => this.store.put({ ...entry }));
    this.source.changed();
  }

  private drop(id: string): void {
    this.waiters.delete(id);
    const before = this.list.length;
    this.list = this.list.filter((entry) => entry.id !== id);
    if (this.list.length === before) return;
    this.write(id, () => this.store.remove(id));
    this.source.changed();
  }

  // One after the other for each entry: a removal is not overtaken by what it removes.
  private write(id: string, how: () => Promise<void>): void {
    const before = this.kept.get(id) ?? Promise.resolve();
    const own = before.then(how).catch((problem: unknown) => console.warn("parley: what is unsent is not stored:", problem))
      .then(() => void (this.kept.get(id) === own && this.kept.delete(id)));
    this.kept.set(id, own);
  }
}
