// The topics that are followed, each from its cursor on: every event once and in order, over every break;
// where one cannot come any more, that is said in its place.

import { Cursors } from "./cursors.js";
import type { EventFrame, GapFrame, Signal } from "./frames.js";

export class Topics {
  private readonly cursors: Cursors;
  private asked: Record<string, number> = {}; // the cursors of the last `resume`
  private resuming = false;
  private begun: boolean; // before that, a topic is followed from its head; from then on, one that is new was missed

  constructor(
    private readonly emit: (event: EventFrame | Signal) => void,
    known?: Readonly<Record<string, number>>,
  ) {
    this.cursors = new Cursors(known);
    this.begun = known !== undefined;
  }

  all(): Record<string, number> {
    return this.cursors.all();
  }

  cursor(topic: string): number | undefined {
    return this.cursors.get(topic);
  }

  resume(): object {
    this.resuming = true;
    this.asked = this.cursors.all();
    return { resume: { cursors: this.asked } };
  }

  receive(event: EventFrame): void {
    const { topic, seq } = event;
    if (seq === undefined) return this.emit(event);
    const before = this.cursors.get(topic) ?? 0;
    const arrival = this.cursors.take(topic, seq);
    if (arrival === "seen") return;
    if (arrival === "hole") this.missed(topic, before, seq - 1);
    if (arrival === "first") this.first(topic, seq - 1);
    this.emit(event);
  }

  gap({ topic, head }: GapFrame): void {
    const after = this.cursors.get(topic) ?? 0;
    this.cursors.jump(topic, head);
    this.missed(topic, after, head);
  }

  resumed(heads: Readonly<Record<string, number>>): void {
    for (const topic of this.cursors.topics()) {
      if (topic in heads) continue;
      this.cursors.forget(topic);
      this.emit({ topic, event: "ended" });
    }
    for (const [topic, head] of Object.entries(heads)) {
      const cursor = this.cursors.get(topic);
      const wentBack = (this.asked[topic] ?? 0) > head; // as after the restore of a backup
      if (cursor !== undefined && cursor >= head && !wentBack) continue;
      this.cursors.jump(topic, head);
      if (cursor === undefined) this.first(topic, head);
      else this.missed(topic, wentBack ? 0 : cursor, head);
    }
    this.resuming = false;
    this.begun = true;
  }

  // What became ours while we were away has a past that was not seen.
  private first(topic: string, head: number): void {
    if (this.resuming && this.begun && head > 0) this.missed(topic, 0, head);
    else this.emit({ topic, seq: head, event: "begun" });
  }

  private missed(topic: string, after: number, head: number): void {
    this.emit({ topic, seq: head, event: "gap", data: { after } });
  }
}
