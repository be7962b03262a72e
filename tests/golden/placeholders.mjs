// What differs from run to run: "<id:kitchen>" stands for a value that is bound where it is first met, and must be the same
// from then on; "<time>" for any one of its kind.

const TIME = "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z";
const kinds = {
  account: "[^\\s:]{1,64}",
  id: "[^\\s:]{1,64}",
  name: "[a-z0-9_]+",
  session: "[^\\s:]{1,64}",
  time: TIME,
  token: "\\S{16,}",
  etag: "\\S+",
  sentence: "[^]{4,}",
  seconds: "\\d+",
  number: undefined, // a JSON number
};
const PLACEHOLDER = /<([a-z]+)(?::([a-z0-9_ ]+))?>/g;
const quoted = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

export class Bindings {
  constructor() {
    this.values = new Map(); // "id:kitchen" → the value
  }

  get(name) {
    return this.values.get(name);
  }

  bind(name, value) {
    this.values.set(name, value);
  }

  // A text to be sent: what is not bound is made by `make(kind)`.
  fill(text, make = () => undefined) {
    return text.replace(PLACEHOLDER, (whole, kind, label) => {
      if (!(kind in kinds)) return whole;
      const name = `${kind}:${label}`;
      if (!this.values.has(name)) this.values.set(name, make(kind));
      if (this.values.get(name) === undefined) throw new Error(`${whole} is not known yet`);
      return this.values.get(name);
    });
  }

  // Whether `text` is as `template` says; binds what it has met for the first time.
  admits(template, actual) {
    const whole = /^<number(?::([a-z0-9_ ]+))?>$/.exec(template);
    if (whole) return Number.isSafeInteger(actual) && actual >= 0 && this.agrees([[`number:${whole[1]}`, actual]]);
    if (typeof actual !== "string") return false;
    let pattern = "", at = 0;
    const names = [];
    for (const match of template.matchAll(PLACEHOLDER)) {
      if (!kinds[match[1]]) continue;
      pattern += `${quoted(template.slice(at, match.index))}(${kinds[match[1]]})`;
      names.push(`${match[1]}:${match[2]}`);
      at = match.index + match[0].length;
    }
    const found = new RegExp(`^${pattern}${quoted(template.slice(at))}$`).exec(actual);
    return found !== null && this.agrees(names.map((name, i) => [name, found[i + 1]]));
  }

  agrees(pairs) {
    for (const [name, value] of pairs) {
      if (name.endsWith(":undefined")) continue;
      if (this.values.has(name) && this.values.get(name) !== value) return false;
      this.values.set(name, value);
    }
    return true;
  }

  // ---- the other way: a value as it is written down when it is recorded

  written(value, key = "", step = "") {
    if (Array.isArray(value)) return value.map((each) => this.written(each, key, step));
    if (value !== null && typeof value === "object") {
      // An event was told at a time of its own, the same to everybody; what it is about has times of its own as well.
      if (value.event && value.at) {
        const { at, ...rest } = value;
        return { ...this.written(rest), at: value.seq ? this.named("time", `told ${value.seq}`, at) : "<time>" };
      }
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [this.known(name), this.written(each, name, step)]));
    }
    if (typeof value === "number") return /(heartbeat|after)_ms$/.test(key) ? "<number>" : value;
    if (typeof value !== "string") return value;
    if (key === "detail") return `<sentence:${step}>`;
    if (key === "message") return step ? `<sentence:${step}>` : "<sentence>";
    if (/token$/.test(key)) return this.named("token", key, value);
    if (new RegExp(`^${TIME}$`).test(value)) return key === "time" ? "<time>" : this.named("time", key, value);
    return this.known(value)
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => this.named("id", key, id));
  }

  known(text) {
    const all = [...this.values].filter(([name, value]) => !name.startsWith("time:") && typeof value === "string" && value.length >= 6)
      .sort(([, a], [, b]) => b.length - a.length);
    for (const [name, value] of all) text = text.replaceAll(value, `<${name}>`);
    return text;
  }

  named(kind, hint, value) {
    const first = `${kind}:${hint.toLowerCase().replace(/[^a-z0-9_ ]/g, "_")}`;
    let name = first;
    for (let n = 2; this.values.has(name) && this.values.get(name) !== value; n++) name = `${first} ${n}`;
    this.values.set(name, value);
    return `<${name}>`;
  }
}
