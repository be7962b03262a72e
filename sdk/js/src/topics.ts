// The topics that are followed, each from its cursor on: every event once and in order, over every break;
// where one cannot come any more, that is said in its place.

import { Cursors } from "./cursors.js";
import type { EventFrame, GapFrame, Signal } from "./frames.js";
import { byteLength } from "./sendable.js";

const FRAME_AROUND = 100; // bytes of a frame besides its cursors, generously

export class Topics {
  private readonly cursors: Cursors;
  private asked: Record<string, number> = {}; // the cursors at the last `resume`
  private readonly untold = new Set<string>(); // topics that have gone on since the server was told
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

  // Cursors that no frame would hold are left out, those first that changed longest ago: such topics begin at their
  // heads, and what was missed of them is said when `resumed` names these.
  resume(frameBytes: number): object {
    this.resuming = true;
    this.asked = this.cursors.all();
    return { resume: { cursors: this.fitting(this.cursors.topics(), frameBytes) } };
  }

  /** What the client has, where that has changed; the rest, where there is too much of it, the next time. */
  heartbeat(frameBytes: number): object {
    const cursors = this.fitting([...this.untold], frameBytes);
    for (const topic of Object.keys(cursors)) this.untold.delete(topic);
    return { heartbeat: Object.keys(cursors).length > 0 ? { cursors } : {} };
  }

  receive(event: EventFrame): void {
    const { topic, seq } = event;
    if (seq === undefined) return this.emit(event);
    const before = this.cursors.get(topic) ?? 0;
    const arrival = this.cursors.take(topic, seq);
    if (arrival === "seen") return;
    this.untold.add(topic);
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
      this.untold.delete(topic);
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

  // The last of them that one frame holds.
  private fitting(topics: readonly string[], frameBytes: number): Record<string, number> {
    const cursors: Record<string, number> = {};
    let bytes = FRAME_AROUND;
    for (let at = topics.length - 1; at >= 0; at--) {
      const topic = topics[at]!;
      const seq = this.cursors.get(topic)!;
      bytes += byteLength(JSON.stringify(topic)) + String(seq).length + 2;
      if (bytes > frameBytes) break;
      cursors[topic] = seq;
    }
    return cursors;
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
