// For each topic the highest number that was handled: what `resume` is given after a break.

export type Arrival =
  | "next" // handle it
  | "seen" // a repeat: leave it
  | "hole"; // numbers are missing before it: handle it, and fetch again what is shown

export class Cursors {
  private readonly seqs = new Map<string, number>();

  take(topic: string, seq: number): Arrival {
    const last = this.seqs.get(topic);
    if (last !== undefined && seq <= last) return "seen";
    this.seqs.set(topic, seq);
    return last === undefined || seq === last + 1 ? "next" : "hole";
  }

  has(topic: string): boolean {
    return this.seqs.has(topic);
  }

  // After a gap: what lies before `seq` is fetched by method.
  jump(topic: string, seq: number): void {
    this.seqs.set(topic, seq);
  }

  forget(topic: string): void {
    this.seqs.delete(topic);
  }

  topics(): string[] {
    return [...this.seqs.keys()];
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.seqs);
  }
}
