// A network that cuts, stalls, delays and half-closes connections by chance (seeded), between clients and a server
// that comes and goes.

import net from "node:net";

// mulberry32: the same numbers for the same seed.
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// What happens to one piece that passes; the rest of the chance: nothing.
const FATES = [
  [0.004, "cut"], // both ends learn of it
  [0.003, "half"], // this direction ends, the other goes on
  [0.004, "lose"], // this direction is silent from here on, until the connection ends: a tunnel
  [0.006, "stall"], // a while without anything
  [0.15, "delay"],
  [0.1, "split"], // in two writes
];

class Line {
  constructor(network, client, server) {
    Object.assign(this, { network, client, server });
    network.lines.add(this);
    this.carry(client, server);
    this.carry(server, client);
    for (const end of [client, server]) {
      end.on("error", () => this.cut());
      end.on("close", () => this.cut());
    }
  }

  carry(from, to) {
    let last = Promise.resolve(), silent = false;
    const then = (what) => (last = last.then(what).catch(() => this.cut()));
    from.on("data", (bytes) => {
      if (silent) return;
      const fate = this.network.fate();
      this.network.count(fate);
      if (fate === "cut") return this.cut();
      if (fate === "lose") return void (silent = true, setTimeout(() => this.cut(), 3000 + 5000 * this.network.random()));
      if (fate === "half") return void then(() => to.end());
      from.pause(); // what comes behind stays behind
      then(async () => {
        if (fate === "stall") await wait(2000 * this.network.random());
        if (fate === "delay") await wait(80 * this.network.random());
        const at = fate === "split" ? Math.floor(bytes.length * this.network.random()) : 0;
        if (at > 0) {
          to.write(bytes.subarray(0, at));
          await wait(5);
        }
        to.write(bytes.subarray(at));
        from.resume();
      });
    });
    from.on("end", () => then(() => to.end()));
  }

  cut() {
    this.network.lines.delete(this);
    this.client.destroy();
    this.server.destroy();
  }
}

export class BadNetwork {
  // `port()`: where the server is now.
  static async open(random, port) {
    const network = new BadNetwork(random, port);
    await new Promise((resolve) => network.listener.listen(0, "127.0.0.1", resolve));
    network.url = `http://127.0.0.1:${network.listener.address().port}`;
    return network;
  }

  constructor(random, port) {
    Object.assign(this, { random, calm: false, lines: new Set(), seen: {} });
    this.listener = net.createServer({ allowHalfOpen: true }, (client) => {
      const server = net.connect({ port: port(), host: "127.0.0.1", allowHalfOpen: true });
      new Line(this, client, server);
    });
  }

  fate() {
    if (this.calm) return "pass";
    let drawn = this.random();
    for (const [part, fate] of FATES) if ((drawn -= part) < 0) return fate;
    return "pass";
  }

  count(fate) {
    this.seen[fate] = (this.seen[fate] ?? 0) + 1;
  }

  async close() {
    for (const line of this.lines) line.cut();
    await new Promise((resolve) => this.listener.close(resolve));
  }
}
