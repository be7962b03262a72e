// What no honest client does. After each of it the server lives, says what was wrong by a stable code, and
// two honest clients chat on as if nothing had happened.

import assert from "node:assert/strict";
import crypto from "node:crypto";
import net from "node:net";
import { after, before, beforeEach, afterEach, describe, test } from "node:test";
import WebSocket from "ws";
import { call, direct, refusal, register, request, uuid7 } from "./rest_client.mjs";
import { Server, configuration } from "./server.mjs";
import { SocketClient, WAIT_MS } from "./socket_client.mjs";

let server, ann, ben, mallory, chat, writer, reader;

before(async () => {
  server = await Server.start();
  [ann, ben, mallory] = [await register(server, "ann"), await register(server, "ben"), await register(server, "mallory")];
  chat = await direct(server, ann, ben);
  [writer, reader] = [await SocketClient.follow(server, ann), await SocketClient.follow(server, ben)];
});
after(async () => {
  await Promise.all([writer?.close(), reader?.close()]);
  await server?.dispose(); // asserts that it ends with 0
});

// The innocent: connected from the first test to the last, never cut off.
async function innocentChat() {
  const id = uuid7();
  await writer.call("messaging.send", { conversation: chat.id, id, text: "still here?" });
  await reader.message(chat.id, (message) => message.id === id, "the innocent message");
}
beforeEach(() => assert.equal(server.child.exitCode, null, server.log.slice(-4000)));
afterEach(innocentChat);

describe("frames", () => {
  // Sends one frame as somebody who is logged in; gives the error frames and the close code, where it closes.
  async function provoke(frame, { binary = false } = {}) {
    const client = await SocketClient.open(server, mallory);
    client.socket.send(frame, { binary });
    return client;
  }
  const stays = async (client) => {
    await client.call("account.me", {});
    await client.close();
  };
  // The protocol names 4200 for what is not of it; an error frame first is welcome.
  const closes = async (client, ...codes) => {
    const code = await client.closed;
    assert.ok(codes.includes(code), `closed with ${code}, not ${codes}`);
  };

  for (const [what, frame] of [
    ["no JSON", "{"],
    ["nothing", ""],
    ["a word", "hello"],
    ["a number", "7"],
    ["an array", "[]"],
    ["an empty object", "{}"],
    ["two objects", "{}{}"],
    ["nested deeper than 32", `{"id":1,"method":"account.me","params":${'{"a":'.repeat(40)}1${"}".repeat(40)}}`],
    ["nested very deep", "[".repeat(30_000)],
    ["an id of a wrong type", '{"id": {}, "method": "account.me"}'],
    ["a method of a wrong type", '{"id": 1, "method": 7}'],
    ["cursors of a wrong type", '{"resume": {"cursors": {"a": "b"}}}'],
    ["cursors that are no object", '{"resume": {"cursors": [1]}}'],
    ["resume that is no object", '{"resume": 7}'],
    ["a negative cursor", '{"resume": {"cursors": {"conversation:x": -1}}}'],
    ["a huge number", '{"resume": {"cursors": {"conversation:x": 1e400}}}'],
    ["authenticate without anything", '{"authenticate": {}}'],
    ["U+0000", '{"id": 1, "method": "account.find", "params": {"name": "a\\u0000b"}}'],
    ["half a character", '{"id": 1, "method": "account.find", "params": {"name": "\\ud800"}}'],
    ["the same name twice", '{"id": 1, "id": 2, "method": "account.me"}'],
    ["unknown frame", '{"selfdestruct": {}}'],
  ]) {
    test(`${what}: an error or a close, never silence`, async () => {
      const client = await provoke(frame);
      const from = client.frames.length;
      const said = client.until((one) => one.error || one.resumed, "an error", from).then(() => "said",
        () => (client.closeCode === undefined ? "silence" : "closed"));
      assert.ok(["said", "closed"].includes(await Promise.race([said, client.closed.then(() => "closed")])));
      const code = client.closeCode;
      if (code !== undefined) assert.ok([4200, 4101, 1002, 1007, 1009].includes(code), `${code}`);
      const problem = client.frames.find((one) => one.error)?.error;
      if (problem) {
        assert.ok(["bad_json", "bad_frame", "invalid_params", "unauthenticated"].includes(problem.code), problem.code);
        assert.ok(problem.message.length > 3);
      }
      client.socket.terminate();
    });
  }

  test("wrong parameters: an error with the call's id, and the connection stays", async () => {
    const client = await SocketClient.open(server, mallory);
    for (const params of ["text", 7, [1], null, { conversation: 7 }, { conversation: {}, id: [], text: null }]) {
      await client.refused("messaging.send", params, "invalid_params");
    }
    await client.refused("messaging.send", { conversation: chat.id, id: uuid7(), text: "x".repeat(20_000) }, "invalid_params");
    await client.refused("no.such", {}, "unknown_method");
    await client.refused("", {}, "unknown_method").catch(() => undefined);
    await stays(client);
  });

  test("1009: a frame over the limit", async () => closes(await provoke("x".repeat(70_000)), 1009));
  test("1003: a binary frame", async () => closes(await provoke(Buffer.from("{}"), { binary: true }), 1003));
  test("1007: not UTF-8", async () => {
    const client = await SocketClient.open(server, mallory);
    rawFrame(client, 0x81, Buffer.from([0x22, 0xff, 0xfe, 0xc0, 0x80, 0x22]));
    await closes(client, 1007);
  });
  test("1002: an unmasked frame", async () => {
    const client = await SocketClient.open(server, mallory);
    client.socket._socket.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]));
    await closes(client, 1002);
  });
  for (const [what, first, payload] of [
    ["a reserved opcode", 0x83, Buffer.from("x")],
    ["a reserved bit", 0xf1, Buffer.from("{}")],
    ["a continuation of nothing", 0x80, Buffer.from("{}")],
    ["a fragmented ping", 0x09, Buffer.from("x")],
    ["a ping that is too long", 0x89, Buffer.alloc(126)],
    ["a close frame of one byte", 0x88, Buffer.from([3])],
    ["a close code that is none", 0x88, Buffer.from([0x00, 0x01])],
  ]) {
    test(`1002: ${what}`, async () => {
      const client = await SocketClient.open(server, mallory);
      rawFrame(client, first, payload);
      await closes(client, 1002, 1006, 1007);
    });
  }
  test("a frame that announces 2^63 bytes", async () => {
    const client = await SocketClient.open(server, mallory);
    client.socket._socket.write(Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4]));
    await closes(client, 1009, 1002);
  });
  test("a message in fragments without an end", async () => {
    const client = await SocketClient.open(server, mallory);
    rawFrame(client, 0x01, Buffer.from('{"id'));
    for (let n = 0; n < 200; n++) rawFrame(client, 0x00, Buffer.alloc(1000, 0x20));
    await closes(client, 1009, 1006);
  });
  test("a message in two fragments is one message", async () => {
    const client = await SocketClient.open(server, mallory);
    const text = Buffer.from('{"id": 77, "method": "account.me"}');
    client.judge.sent(text.toString());
    rawFrame(client, 0x01, text.subarray(0, 10));
    rawFrame(client, 0x80, text.subarray(10));
    await client.until((frame) => frame.id === 77 && frame.result);
    await client.close();
  });
  test("more calls at once than are allowed are refused, not lost", async () => {
    const client = await SocketClient.open(server, mallory);
    const asked = Array.from({ length: 400 }, () => client.call("account.me", {}).then(() => "ok", (why) => why.code));
    const outcomes = new Set(await Promise.all(asked));
    for (const one of outcomes) assert.ok(["ok", "too_many_requests", undefined].includes(one), one);
    client.socket.terminate();
  });
  test("calls before authenticating", async () => {
    for (const frame of [{ id: 1, method: "account.me" }, { resume: { cursors: {} } }, { heartbeat: {} }]) {
      const client = new SocketClient(server.socketUrl);
      await client.opened;
      client.write(frame);
      await closes(client, 4101, 4200, 4102);
      assert.ok(!client.frames.some((one) => one.result));
    }
  });
});

// A masked frame, byte by byte as the test wants it.
function rawFrame(client, first, payload) {
  const mask = crypto.randomBytes(4);
  const length = payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255];
  const masked = Buffer.from(payload.map((byte, at) => byte ^ mask[at % 4]));
  client.socket._socket.write(Buffer.concat([Buffer.from([first, ...length]), mask, masked]));
}

describe("HTTP", () => {
  // Writes bytes and gives what came until the server closed, or until the reply is complete enough.
  function raw(bytes, { until = /\r\n\r\n/, end = false } = {}) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(server.port, "127.0.0.1");
      let got = "";
      const late = setTimeout(() => finish(reject, new Error(`no answer, got: ${got}`)), WAIT_MS);
      const finish = (how, what) => {
        clearTimeout(late);
        socket.destroy();
        how(what);
      };
      socket.on("error", () => finish(resolve, got));
      socket.on("close", () => finish(resolve, got));
      socket.on("data", (data) => {
        got += data.toString("latin1");
        if (until.test(got)) finish(resolve, got);
      });
      socket.on("connect", () => (end ? socket.end(bytes) : socket.write(bytes)));
    });
  }
  const statusOf = (reply) => Number(/^HTTP\/1\.1 (\d+)/.exec(reply)?.[1] ?? 0);

  test("no HTTP at all, and nothing", async () => {
    for (const bytes of ["\x16\x03\x01\x02\x00\x01\x00", "GET\r\n\r\n", "\r\n\r\n\r\n", "\0\0\0\0", "GET / HTTP/9.9\r\n\r\n", ""]) {
      const status = statusOf(await raw(bytes, { end: true }));
      assert.ok(status === 0 || (status >= 400 && status <= 505), `${JSON.stringify(bytes)}: ${status}`);
    }
  });

  test("a huge header", async () => {
    const reply = await raw(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Huge: ${"x".repeat(1_000_000)}\r\n\r\n`);
    assert.ok([0, 400, 413, 431].includes(statusOf(reply)), reply.slice(0, 100));
  });

  test("a body larger than it said it would be is another request, and one that is smaller waits alone", async () => {
    const body = JSON.stringify({ login: "x", password: "y" });
    const head = (length) => `POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
    const never = net.connect(server.port, "127.0.0.1");
    never.on("error", () => undefined);
    never.write(head(500_000) + body); // the rest never comes; the others go on (afterEach)
    const reply = await raw(head(body.length) + body + "garbage that is no request\r\n\r\n");
    assert.ok(statusOf(reply) >= 400, reply.slice(0, 100));
    await innocentChat();
    never.destroy();
  });

  test("a body that is announced too large is refused before it comes", async () => {
    const reply = await raw("POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n");
    assert.equal(statusOf(reply), 413);
  });

  test("two lengths, chunks that lie, a path full of dots", async () => {
    const requests = [
      "POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}",
      "POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
      "POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
    ];
    for (const bytes of requests) {
      const status = statusOf(await raw(bytes, { end: true }));
      assert.ok(status === 0 || (status >= 400 && status < 500), `${bytes}: ${status}`);
    }
    for (const path of ["/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fparley.yaml", "/assets/../../plugin.yaml", "//etc/passwd", "/%00", "/%zz", "/\\..\\x"]) {
      const reply = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, { until: /$^/ });
      assert.doesNotMatch(reply, /root:|plugin: web|storage-sqlite/);
      assert.ok([0, 400, 404].includes(statusOf(reply)), `${path}: ${reply.slice(0, 60)}`);
    }
  });

  test("JSON that is none of ours", async () => {
    const headers = { "content-type": "application/json" };
    for (const body of ['"x"', "7", "[]", "null", "[".repeat(100_000), '{"login":'.repeat(1000), '{"a":"\\ud800"}', '{"a":"\xff"}']) {
      const reply = await request(server, "POST", "/v1/auth/login", { body, headers });
      const { code } = reply.body.error ?? reply.body;
      assert.ok(["bad_json", "invalid_params"].includes(code), `${body.slice(0, 20)}: ${reply.status} ${code}`);
    }
    const notUtf8 = await raw(Buffer.concat([
      Buffer.from("POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"a\":\""),
      Buffer.from([0xc3, 0x28]), Buffer.from("}")]), { until: /bad_json|\}$/ });
    assert.match(notUtf8, /bad_json/);
  });

  test("a query with a parameter twice, or with a broken escape", async () => {
    for (const query of ["?name=a&name=b", "?name=%", "?name=%ff", "?name=a%00b"]) {
      const reply = await request(server, "GET", `/v1/accounts${query}`, { token: mallory.token });
      assert.equal(reply.status, 400, query);
      assert.equal((reply.body.error ?? reply.body).code, "invalid_params");
    }
  });
});

describe("tokens", () => {
  test("forged, altered, of another algorithm, revoked: unauthenticated, and 4101 on the socket", async () => {
    const revoked = await call(server, "POST", "/v1/auth/login", { body: { login: mallory.name, password: mallory.password } });
    await call(server, "POST", "/v1/auth/logout", { token: revoked.access_token, body: {} });
    const parts = mallory.token.split(".");
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
    const tokens = [
      revoked.access_token,
      mallory.token.slice(0, -4) + "AAAA",
      mallory.token.slice(1),
      parts.map((part, at) => (at === parts.length - 1 ? "" : part)).join("."),
      [none, ...parts.slice(1)].join("."),
      [none, parts[1] ?? "", ""].join("."),
      "é", " ", "..", "a".repeat(5000),
    ];
    for (const token of tokens) {
      const client = new SocketClient(server.socketUrl);
      await client.opened;
      client.write({ authenticate: { scheme: "Bearer", credential: token } });
      const code = await client.closed;
      assert.ok([4101, 4200].includes(code), `${token.slice(0, 20)}: ${code}`);
      assert.ok(!client.frames.some((frame) => frame.hello));
      if (!/^[\x21-\x7e]+$/.test(token)) continue;
      await refusal(server, "GET", "/v1/account", { token }, "unauthenticated", 401);
    }
  });
});

test("a crowd that connects, says nothing, and goes", async () => {
  const crowd = Array.from({ length: 60 }, () => new WebSocket(server.socketUrl, ["parley.v1"]));
  await Promise.all(crowd.map((socket) => new Promise((resolve) => {
    socket.once("open", resolve);
    socket.once("error", resolve);
  })));
  await innocentChat();
  for (const socket of crowd) socket.terminate();
});

test("somebody who reads nothing slows nobody", async () => {
  const deaf = await SocketClient.follow(server, ann);
  deaf.socket._socket.pause();
  for (let n = 0; n < 300; n++) {
    await writer.call("messaging.send", { conversation: chat.id, id: uuid7(), text: "x".repeat(3500) });
  }
  await innocentChat();
  deaf.socket.terminate();
});

describe("limits of time and number", () => {
  test("who never authenticates, never ends a header or a body, is sent away", async (t) => {
    const strict = await Server.start(t, configuration({
      limits: { handshake_seconds: 1, header_seconds: 1, body_seconds: 1 },
    }));
    const silent = new SocketClient(strict.socketUrl);
    assert.equal(await silent.closed, 4102);
    const got = (bytes) => new Promise((resolve) => {
      const socket = net.connect(strict.port, "127.0.0.1", () => socket.write(bytes));
      let text = "";
      socket.on("data", (data) => (text += data));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(text));
    });
    const head = "POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    assert.match(await got(head), /^HTTP\/1.1 408 [^]*request_timeout/);
    assert.match(await got("GET / HTTP/1.1\r\nHost: "), /^$|^HTTP\/1.1 408 /);
  });

  test("too many connections from one address", async (t) => {
    const strict = await Server.start(t, configuration({ limits: { connections_per_address: 6 } }));
    const who = await register(strict);
    const inside = [];
    t.after(() => Promise.all(inside.map((client) => client.cut())));
    for (;;) {
      assert.ok(inside.length <= 6, "one more than allowed was let in");
      const client = await SocketClient.open(strict, who).catch(() => undefined);
      if (!client) break;
      inside.push(client);
    }
    assert.ok(inside.length > 0);
    const last = new SocketClient(strict.socketUrl);
    const why = await last.opened.then(() => last.closed, (problem) => problem.message);
    assert.ok(why === 4201 || /429/.test(why), `${why}`);
    await inside[0].call("account.me", {});
  });
});
