// People who talk in conversations of ten, by the client library, and check all that they hear.

import { Client, credentials, options } from "../e2e/live_client.mjs";
import { register, group, uuid7 } from "../e2e/rest_client.mjs";

const IN_A_CONVERSATION = 10;
const WAIT_MS = 30_000;

// One connection. Keeps no event: it checks each as it comes, and counts what is wrong.
export class Person {
  static async join(server, who, conversation, faults) {
    const person = new Person();
    Object.assign(person, { who, conversation, faults, heard: 0, sent: 0, answered: 0, last: new Map(), marks: new Map() });
    person.client = new Client(credentials(server, who), options());
    await person.client.connect();
    const topic = `conversation:${conversation}`;
    person.seq = person.client.cursor(topic);
    person.client.listen((event) => {
      if (event.topic === topic) person.hear(event);
      person.wake?.();
    });
    person.client.state.subscribe(() => {
      if (person.client.state.snapshot() !== "live" && !person.leaving) faults.closed++;
      person.wake?.();
    });
    return person;
  }

  // When something has come, or the connection has gone.
  next() {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("nothing came")), WAIT_MS);
      this.wake = () => {
        clearTimeout(late);
        this.wake = undefined;
        resolve();
      };
    });
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
      const message = await this.client.call("messaging.send", params);
      if (!message.text.startsWith(params.text + " ")) this.faults.changed++;
      this.answered++;
      times.push(performance.now() - began);
    } catch (problem) {
      this.faults.refused++;
      this.faults.first ??= `${problem.code}: ${problem.message}`;
    }
  }

  leave() {
    this.leaving = true;
    this.client.close();
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
    while (this.times.length < count) await Promise.race(this.pending.size ? this.pending : [this.people[0].next()]);
  }

  async stop() {
    clearInterval(this.timer);
    this.seconds = (performance.now() - this.began) / 1000;
    await Promise.all(this.pending);
    // What was acknowledged is announced; everybody in a conversation hears all of it.
    for (const person of this.people) {
      const wanted = this.people.filter((one) => one.conversation === person.conversation)
        .reduce((sum, one) => sum + one.answered, 0);
      while (person.heard < wanted && person.faults.closed === 0) await person.next();
    }
  }
}
