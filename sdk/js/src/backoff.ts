// How long to wait before the next attempt: doubling, and spread out, so that the clients of a
// server that fell over do not all come back in the same moment.

export class Backoff {
  private failures = 0;

  constructor(
    private readonly random: () => number = Math.random,
    private readonly firstMs = 300,
    private readonly longestMs = 15_000,
  ) {}

  next(): number {
    const ceiling = Math.min(this.longestMs, this.firstMs * 2 ** this.failures);
    this.failures += 1;
    return ceiling / 2 + this.random() * (ceiling / 2);
  }

  reset(): void {
    this.failures = 0;
  }
}
