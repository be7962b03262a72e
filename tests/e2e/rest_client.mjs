// Calls by HTTP, as curl would make them.

import assert from "node:assert/strict";
import crypto from "node:crypto";
import { judgeResponse } from "./documents.mjs";

export async function request(server, verb, route, { body, token, headers = {} } = {}) {
  const response = await fetch(server.url + route, {
    method: verb,
    headers: {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  let parsed;
  try {
    parsed = text ? JSON.parse(text) : {};
  } catch {
    parsed = text;
  }
  if (verb !== "HEAD") {
    await judgeResponse(server.url + route, verb, response.status, response.headers.get("content-type"), parsed);
  }
  return { status: response.status, body: parsed, headers: response.headers };
}

// The result; any error fails the test with what the server said.
export async function call(server, verb, route, options) {
  const reply = await request(server, verb, route, options);
  assert.equal(reply.status, 200, `${verb} ${route}: ${reply.status} ${JSON.stringify(reply.body)}`);
  return reply.body;
}

// An error with this code and status, and with a sentence.
export async function refusal(server, verb, route, options, code, status) {
  const reply = await request(server, verb, route, options);
  const problem = reply.body?.error ?? reply.body;
  assert.deepEqual({ status: reply.status, code: problem?.code }, { status, code },
    `${verb} ${route}: ${reply.status} ${JSON.stringify(reply.body)}`);
  assert.equal(typeof problem.temporary, "boolean");
  assert.ok(problem.message.length > 3, "an error has a sentence");
  return problem;
}

let made = 0;

// A new account with a name of its own: {account, name, password, access_token, refresh_token, …}.
export async function register(server, hint = "user", more = {}) {
  const name = `${hint}_${process.pid}_${++made}`;
  const password = "correct horse";
  const tokens = await call(server, "POST", "/v1/auth/register", { body: { name, password, ...more } });
  return { ...tokens, token: tokens.access_token, name, password };
}

export const direct = (server, from, to) =>
  call(server, "POST", "/v1/conversations/direct", { token: from.token, body: { account: to.account } });

export const group = (server, owner, name, members) =>
  call(server, "POST", "/v1/conversations", {
    token: owner.token,
    body: { name, members: members.map((one) => one.account) },
  });

export const send = (server, from, conversation, text, id = uuid7()) =>
  call(server, "POST", `/v1/conversations/${conversation}/messages`, { token: from.token, body: { id, text } });

export const history = (server, who, conversation, query = "") =>
  call(server, "GET", `/v1/conversations/${conversation}/messages${query}`, { token: who.token });

// Everything, from the first message on, in the server's order.
export async function wholeHistory(server, who, conversation) {
  const all = [];
  for (let after = 0; ; ) {
    const page = await history(server, who, conversation, `?after=${after}&limit=200`);
    all.push(...page.items);
    if (!page.more) return all;
    after = page.items.at(-1).seq;
  }
}

export function uuid7() {
  const bytes = crypto.randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
