// Events for one who iterates over them at a pace of his own.

import { ParleyError } from "./error.js";

export class EventQueue<T> implements AsyncIterableIterator<T> {
  private readonly items: T[] = [];
  private taken = 0; // of `items`; shifting each would move all
  private readonly waiting: { resolve(result: IteratorResult<T>): void; reject(problem: unknown): void }[] = [];
  private over: { problem?: unknown } | undefined;

  constructor(private readonly most: number, private readonly left: (queue: EventQueue<T>) => void) {}

  push(item: T): void {
    if (this.over) return;
    const waiter = this.waiting.shift();
    if (waiter) waiter.resolve({ done: false, value: item });
    else if (this.items.length - this.taken < this.most) this.items.push(item);
    else this.end(new ParleyError("too_slow", `More than ${this.most} events were waiting (limits.queuedEvents).`));
  }

  /** What has been pushed is still given out. */
  end(problem?: unknown): void {
    if (this.over) return;
    this.over = problem === undefined ? {} : { problem };
    this.left(this);
    for (const waiter of this.waiting.splice(0)) this.last(waiter);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.taken < this.items.length) {
      const value = this.items[this.taken++]!;
      if (this.taken > 1000 && this.taken * 2 > this.items.length) this.items.splice(0, this.taken), (this.taken = 0);
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      if (this.over) this.last({ resolve, reject });
      else this.waiting.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.end();
    this.items.length = this.taken = 0;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this;
  }

  private last(waiter: { resolve(result: IteratorResult<T>): void; reject(problem: unknown): void }): void {
    const { problem } = this.over!;
    if (problem === undefined) return waiter.resolve({ done: true, value: undefined });
    this.over = {};
    waiter.reject(problem);
  }
}
