// How long to wait before the next attempt: doubling, and spread out, so that the clients of a
// server that fell over do not all come back in the same moment.

const FIRST_MS = 300;
const LONGEST_MS = 15_000;

export class Backoff {
  private failures = 0;

  constructor(private readonly random: () => number = Math.random) {}

  next(): number {
    const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures);
    this.failures += 1;
    return ceiling / 2 + this.random() * (ceiling / 2);
  }

  reset(): void {
    this.failures = 0;
  }
}
