// A clock that the test turns, and what else a client takes from where it runs.

import type { Environment } from "../src/environment.ts";

interface Timer {
  at: number;
  run(): void;
}

export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Clock {
  time = Date.parse("2026-01-01T00:00:00.000Z");
  wakes = new Set<() => void>();
  private timers = new Set<Timer>();

  environment(more: Partial<Environment> = {}): Partial<Environment> {
    return {
      now: () => this.time,
      random: () => 1,
      setTimeout: (run, ms) => {
        const timer = { at: this.time + ms, run };
        this.timers.add(timer);
        return timer;
      },
      clearTimeout: (timer) => void this.timers.delete(timer as Timer),
      onWake: (wake) => {
        this.wakes.add(wake);
        return () => this.wakes.delete(wake);
      },
      fetch: async () => {
        throw new TypeError("fetch failed");
      },
      ...more,
    };
  }

  // How long until something happens by itself; Infinity: never.
  get idleMs(): number {
    return Math.min(...[...this.timers].map((timer) => timer.at)) - this.time;
  }

  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settled();
      const due = [...this.timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.time = due.at;
      this.timers.delete(due);
      due.run();
    }
    this.time = end;
    await settled();
  }
}
