// People who talk in conversations of ten, and check all that they hear.

import { once } from "node:events";
import { register, group, uuid7 } from "../e2e/rest_client.mjs";
import { SocketClient } from "../e2e/socket_client.mjs";

const IN_A_CONVERSATION = 10;

// One connection. Keeps no frame: it checks each as it comes, and counts what is wrong.
export class Person extends SocketClient {
  static async join(server, who, conversation, faults) {
    const person = new Person(server.socketUrl);
    Object.assign(person, { who, conversation, faults, heard: 0, sent: 0, answered: 0, last: new Map(), marks: new Map() });
    await person.opened;
    person.write({ authenticate: { scheme: "Bearer", credential: who.token } });
    const { hello } = await person.until((frame) => frame.hello, "hello");
    person.beating = setInterval(() => person.write({ heartbeat: {} }), hello.heartbeat_ms / 2).unref();
    const topic = `conversation:${conversation}`;
    person.seq = (await person.resume({}))[topic];
    person.topic = topic;
    person.frames = [];
    person.socket.once("close", () => { if (!person.leaving) faults.closed++; });
    return person;
  }

  receive(frame) {
    if (!this.topic) return super.receive(frame);
    if (frame.topic === this.topic) return this.hear(frame);
    if (frame.id !== undefined) super.receive(frame);
    this.frames.length = 0;
  }

  hear({ seq, event, data }) {
    if (seq > this.seq + 1) this.faults.lost += seq - this.seq - 1;
    if (seq <= this.seq) return void this.faults.doubled++;
    this.seq = seq;
    if (event !== "message.created") return;
    this.heard++;
    const [number, ...marks] = data.text.split(" ");
    const before = this.last.get(data.sender) ?? -1;
    if (Number(number) !== before + 1) this.faults.reordered++;
    this.last.set(data.sender, Number(number));
    const seen = marks.join(" ");
    this.marks.set(seen, (this.marks.get(seen) ?? 0) + 1);
  }

  // Times are in milliseconds, into `times`.
  async say(times) {
    const began = performance.now();
    const params = { conversation: this.conversation, id: uuid7(), text: String(this.sent++) };
    try {
      const message = await this.call("messaging.send", params);
      if (!message.text.startsWith(params.text + " ")) this.faults.changed++;
      this.answered++;
      times.push(performance.now() - began);
    } catch (problem) {
      this.faults.refused++;
      this.faults.first ??= `${problem.code}: ${problem.message}`;
    }
  }

  async leave() {
    this.leaving = true;
    clearInterval(this.beating);
    await this.close();
  }
}

export async function gather(server, count, faults) {
  const people = [];
  for (let from = 0; from < count; from += IN_A_CONVERSATION) {
    const members = await Promise.all(Array.from({ length: IN_A_CONVERSATION }, () => register(server, "u")));
    const { id } = await group(server, members[0], `Group ${from}`, members.slice(1));
    people.push(...await Promise.all(members.map((who) => Person.join(server, who, id, faults))));
  }
  return people;
}

// Keeps `rate` messages a second coming until it is stopped.
export class Talk {
  constructor(people, rate) {
    Object.assign(this, { people, rate, times: [], said: 0, pending: new Set(), began: performance.now() });
    this.timer = setInterval(() => this.turn(), 5);
  }

  turn() {
    const due = Math.floor(((performance.now() - this.began) / 1000) * this.rate);
    for (; this.said < due; this.said++) {
      const saying = this.people[this.said % this.people.length].say(this.times);
      this.pending.add(saying);
      saying.finally(() => this.pending.delete(saying));
    }
  }

  // Resolves when so many have been answered.
  async reaches(count) {
    while (this.times.length < count) await Promise.race(this.pending.size ? this.pending : [once(this.people[0].socket, "message")]);
  }

  async stop() {
    clearInterval(this.timer);
    this.seconds = (performance.now() - this.began) / 1000;
    await Promise.all(this.pending);
    // What was acknowledged is announced; everybody in a conversation hears all of it.
    for (const person of this.people) {
      const wanted = this.people.filter((one) => one.conversation === person.conversation)
        .reduce((sum, one) => sum + one.answered, 0);
      while (person.heard < wanted && person.closeCode === undefined)
        await once(person.socket, "message", { signal: AbortSignal.timeout(30_000) });
    }
  }
}
