// For each topic the highest number that was handled: what `resume` is given after a break. What has changed last
// stands last.

export type Arrival =
  | "first" // of a topic that was not known: it says where the topic begins
  | "next" // handle it
  | "seen" // a repeat: leave it
  | "hole"; // numbers are missing before it

export class Cursors {
  private readonly seqs: Map<string, number>;

  constructor(known: Readonly<Record<string, number>> = {}) {
    this.seqs = new Map(Object.entries(known));
  }

  take(topic: string, seq: number): Arrival {
    const last = this.seqs.get(topic);
    if (last !== undefined && seq <= last) return "seen";
    this.jump(topic, seq);
    if (last === undefined) return "first";
    return seq === last + 1 ? "next" : "hole";
  }

  get(topic: string): number | undefined {
    return this.seqs.get(topic);
  }

  // After a gap: what lies before `seq` is fetched by method.
  jump(topic: string, seq: number): void {
    this.seqs.delete(topic);
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
