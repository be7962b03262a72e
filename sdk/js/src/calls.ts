// Calls that wait for their answers. Those that may be repeated outlive a break, and go again with the
// same parameters; those that may not are told that nobody knows.

import type { Environment } from "./environment.js";
import { ParleyError, unanswered, unreachable } from "./error.js";
import { byteLength, isSendable } from "./sendable.js";

export interface CallOptions {
  /** Sent again where the connection went before the answer: for what reads, and for what has a key. */
  repeat?: boolean;
  /** Where there is no connection: wait for one (true, the default), or fail at once. */
  wait?: boolean;
  /** 0: as long as it takes. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

interface Pending {
  id: number;
  method: string;
  params: object;
  repeat: boolean;
  sent: boolean;
  settle(result: unknown, problem?: unknown): void;
}

export class Calls {
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private window = 0; // how many may be unanswered; 0: nothing goes out
  private frameBytes = 0;

  constructor(
    private readonly environment: Environment,
    private readonly defaultMs: number,
    private readonly write: (text: string) => void,
  ) {}

  call(method: string, params: object, options: CallOptions = {}): Promise<unknown> {
    const { repeat = false, wait = true, timeoutMs = this.defaultMs, signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (!wait && this.window === 0) return reject(unreachable());
      const id = this.nextId++;
      const timer = timeoutMs > 0 ? this.environment.setTimeout(() => this.late(id), timeoutMs) : undefined;
      const abort = (): void => this.takeBack(id, signal!.reason);
      signal?.addEventListener("abort", abort);
      const settle = (result: unknown, problem?: unknown): void => {
        this.pending.delete(id);
        this.environment.clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        if (problem === undefined) resolve(result);
        else reject(problem);
      };
      this.pending.set(id, { id, method, params, repeat, sent: false, settle });
      this.pump();
    });
  }

  /** There is a connection, on which so many may be unanswered. */
  open(window: number, frameBytes: number): void {
    this.window = Math.max(1, window);
    this.frameBytes = frameBytes;
    this.pump();
  }

  /** What has been sent may be answered; what has not waits for another connection. */
  hold(): void {
    this.window = 0;
  }

  lost(): void {
    this.window = 0;
    for (const call of [...this.pending.values()]) {
      if (call.sent && !call.repeat) call.settle(undefined, unanswered());
      else call.sent = false;
    }
  }

  end(why: ParleyError): void {
    this.window = 0;
    for (const call of [...this.pending.values()]) call.settle(undefined, why);
  }

  answer(frame: Record<string, unknown>): void {
    const call = this.pending.get(frame.id as number);
    if (!call?.sent) return;
    if (frame.error === undefined) call.settle(frame.result);
    else call.settle(undefined, ParleyError.from(frame.error));
    this.pump();
  }

  private late(id: number): void {
    const call = this.pending.get(id);
    this.takeBack(id, call?.sent && !call.repeat ? unanswered() : unreachable());
  }

  // The server need not go on with what nobody waits for; what it answers to that is left.
  private takeBack(id: number, why: unknown): void {
    const call = this.pending.get(id);
    if (!call) return;
    if (call.sent) this.write(JSON.stringify({ cancel: { id } }));
    call.settle(undefined, why);
    this.pump();
  }

  private pump(): void {
    let outstanding = 0;
    for (const call of [...this.pending.values()]) {
      if (outstanding++ >= this.window) return;
      if (call.sent) continue;
      const text = JSON.stringify({ id: call.id, method: call.method, params: call.params });
      const problem = this.unfit(text);
      if (problem) {
        call.settle(undefined, problem);
        continue;
      }
      call.sent = true;
      this.write(text);
    }
  }

  // What would end the connection would end the next one as well.
  private unfit(text: string): ParleyError | undefined {
    if (!isSendable(text)) {
      return new ParleyError("invalid_params", "A text holds U+0000 or half of a surrogate pair; sendable() takes them out.");
    }
    if (text.length * 3 > this.frameBytes && byteLength(text) > this.frameBytes) {
      return new ParleyError("too_large", `The call is larger than the ${this.frameBytes} bytes that the server takes.`);
    }
    return undefined;
  }
}
