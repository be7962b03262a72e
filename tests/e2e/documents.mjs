// The server's own documents as a judge: what it answers and sends must be in them, field by field. The clients of
// these suites ask it of every response and frame that they see, so that a field which no document has fails any test.

import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";

const JSON_TYPE = "application/json";
const PROBLEM_TYPE = "application/problem+json";

// Clients pass over what they do not know; here it is a fault.
function closed(part) {
  if (Array.isArray(part)) return part.map(closed);
  if (part === null || typeof part !== "object") return part;
  const copy = Object.fromEntries(Object.entries(part).map(([key, value]) =>
    [key, key === "example" || key === "examples" || key === "default" ? value : closed(value)]));
  if (copy.type === "object") copy.additionalProperties ??= false;
  return copy;
}

const pointer = (...parts) =>
  "#/" + parts.map((part) => encodeURIComponent(String(part).replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");

// A certificate of a test's own is trusted by nobody else.
function get(url) {
  const client = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    client.get(url, { rejectUnauthorized: false, agent: false, timeout: 60_000 }, async (response) => {
      let text = "";
      for await (const piece of response.setEncoding("utf8")) text += piece;
      resolve(response.statusCode === 200 ? JSON.parse(text) : undefined);
    }).once("error", reject);
  });
}

export class Documents {
  constructor(url, openapi, asyncapi, Ajv) {
    this.url = url;
    this.openapi = openapi;
    this.asyncapi = asyncapi;
    // Formats have a pattern beside them, or are for people.
    this.ajv = new Ajv({ strict: false, validateSchema: false, validateFormats: false });
    this.ajv.addSchema(closed(openapi), "openapi");
    this.ajv.addSchema(closed(asyncapi), "asyncapi");
    this.routes = Object.entries(openapi.paths).map(([path, item]) => ({ path, item, parts: path.split("/").slice(1) }));
  }

  // Nothing where the server does not give them.
  static async read(server) {
    const [openapi, asyncapi] = await Promise.all(["/v1/openapi.json", "/v1/asyncapi.json"].map((route) => get(server.url + route)));
    if (!openapi || !asyncapi) return undefined;
    const { default: Ajv } = await import("ajv/dist/2020.js"); // only here: not every user of server.mjs has packages
    return new Documents(server.url, openapi, asyncapi, Ajv);
  }

  // Every method with a route: {id, verb, path, operation}.
  operations() {
    return this.routes.flatMap(({ path, item }) =>
      Object.entries(item).map(([verb, operation]) => ({ id: operation.operationId, verb: verb.toUpperCase(), path, operation })));
  }

  // A literal part wins over a parameter, from the left, as the server has it.
  match(path) {
    const parts = path.split("?")[0].split("/").slice(1);
    const fitting = this.routes.filter((route) => route.parts.length === parts.length &&
      route.parts.every((part, i) => part === parts[i] || (part.startsWith("{") && parts[i] !== "")));
    const rank = (route) => route.parts.map((part) => (part.startsWith("{") ? "1" : "0")).join("");
    return fitting.sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0];
  }

  judge(document, at, value) {
    const check = this.ajv.getSchema(document + at);
    if (!check) return `the document has nothing at ${at}`;
    if (check(value)) return undefined;
    return this.ajv.errorsText(check.errors, { dataVar: "" }) + ` in ${JSON.stringify(value).slice(0, 1000)}`;
  }

  // What is wrong with an answer, or undefined. Files and probes are in no document.
  wrongInResponse(verb, path, status, type, body) {
    if (!path.startsWith("/v1/") || status === 304 || /^\/v1\/(openapi|asyncapi)\.json$/.test(path)) return undefined;
    const route = this.match(path);
    const operation = route?.item[verb.toLowerCase()];
    const said = `${verb} ${path}: ${status}`;
    if (operation?.["x-raw"]) return undefined;
    if (!operation) {
      if (status < 400) return `${said}: no document has this route`;
      const wrong = this.judge("openapi", pointer("components", "schemas", "problem"), body);
      return wrong && `${said}: ${wrong}`;
    }
    const expected = status < 400 ? JSON_TYPE : PROBLEM_TYPE;
    if (type !== expected) return `${said}: it is ${type}`;
    const named = operation.responses[status] ? String(status) : "default";
    if (named === "default" && status < 400) return `${said}: no document has this status`;
    const component = operation.responses[named].$ref?.split("/").at(-1);
    const at = component
      ? ["components", "responses", component]
      : ["paths", route.path, verb.toLowerCase(), "responses", named];
    const wrong = this.judge("openapi", pointer(...at, "content", expected, "schema"), body);
    return wrong && `${said}: ${wrong}`;
  }

  // `method`: what the frame's id was given to.
  wrongInFrame(frame, method) {
    const message = this.messageOf(frame, method);
    const known = message && this.asyncapi.components.messages[message];
    const wrong = known ? this.judge("asyncapi", pointer("components", "messages", message, "payload"), frame)
      : `no document has this frame: ${JSON.stringify(frame).slice(0, 1000)}`;
    return wrong && `${message ?? "a frame"}: ${wrong}`;
  }

  messageOf(frame, method) {
    if (frame.event === "void") return "frame.void";
    if (frame.event) return `event.${frame.event}`;
    if ("id" in frame) return "error" in frame ? "frame.call_error" : `result.${method}`;
    const [kind] = Object.keys(frame);
    return `frame.${{ error: "refusal", heartbeat: "heartbeat_answer" }[kind] ?? kind}`;
  }

  assertFrame(frame, method) {
    assert.equal(this.wrongInFrame(frame, method), undefined);
  }
}

// ---- of the servers that run, by host and port, as they were last read

const known = new Map();

export async function useDocuments(server) {
  known.set(new URL(server.url).host, await Documents.read(server));
}

// What `find` complains of, or undefined. A plugin may have been loaded anew since the documents were read: they are read
// again before anything is called wrong.
async function complaint(host, first, find) {
  const now = await Documents.read(known.get(host)).catch(() => undefined); // it may be gone by now
  if (!now) return first;
  known.set(host, now);
  return find(now);
}

async function judged(url, find) {
  const host = new URL(url).host;
  const documents = known.get(host);
  const first = documents && find(documents);
  if (!first) return;
  const wrong = await complaint(host, first, find);
  if (wrong) throw new assert.AssertionError({ message: wrong });
}

export const judgeResponse = (url, verb, status, type, body) =>
  judged(url, (documents) => documents.wrongInResponse(verb, new URL(url).pathname, status, type, body));

// One side of a WebSocket. Nobody waits for the verdict: a rejection that is not handled fails the test that runs.
export class FrameJudge {
  constructor(url) {
    this.url = url;
    this.methods = new Map(); // by the ids of calls
  }

  sent(frame) {
    try {
      const whole = typeof frame === "string" ? JSON.parse(frame) : frame;
      for (const { id, method } of whole.batch ?? [whole]) if (method !== undefined) this.methods.set(id, method);
    } catch { /* sent wrong on purpose */ }
  }

  received(frame) {
    const method = this.methods.get(frame.id);
    if ("result" in frame) this.methods.delete(frame.id);
    void judged(this.url, (documents) => documents.wrongInFrame(frame, method));
  }
}
