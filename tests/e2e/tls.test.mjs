// https and wss with a certificate of one's own; nothing older than TLS 1.2.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import https from "node:https";
import path from "node:path";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { judgeResponse } from "./documents.mjs";
import { LiveClient } from "./live_client.mjs";
import { uuid7 } from "./rest_client.mjs";
import { Server, configuration } from "./server.mjs";

let server, ca;

before(async () => {
  server = new Server(configuration({
    listen: [{ address: "127.0.0.1", port: 0, tls: { certificate: "cert.pem", key: "key.pem" } }],
  }));
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "-keyout", path.join(server.directory, "key.pem"), "-out", path.join(server.directory, "cert.pem")],
  { stdio: "ignore" });
  ca = fs.readFileSync(path.join(server.directory, "cert.pem"));
  await server.launch();
});
after(() => server?.dispose());

function post(route, body, token) {
  return new Promise((resolve, reject) => {
    const request = https.request(server.url + route, {
      method: "POST", ca, agent: false,
      headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    }, (response) => {
      let text = "";
      response.on("data", (bytes) => (text += bytes));
      response.on("end", () => {
        const answer = { status: response.statusCode, body: JSON.parse(text) };
        judgeResponse(server.url + route, "POST", answer.status, response.headers["content-type"], answer.body)
          .then(() => resolve(answer), reject);
      });
    });
    request.on("error", reject);
    request.end(JSON.stringify(body));
  });
}

// What was agreed on, or the error.
function shake(options) {
  return new Promise((resolve) => {
    const socket = tls.connect({ host: "127.0.0.1", port: server.port, ca, ...options }, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.once("error", (problem) => resolve(problem));
  });
}

test("the address says https", () => assert.match(server.url, /^https:/));

test("register over https, chat over wss", async () => {
  const people = [];
  for (const name of ["tls_ann", "tls_ben"]) {
    const { status, body } = await post("/v1/auth/register", { name, password: "correct horse" });
    assert.equal(status, 200, JSON.stringify(body));
    people.push({ ...body, token: body.access_token });
  }
  const [ann, ben] = people;
  const { body: chat } = await post("/v1/conversations/direct", { account: ben.account }, ann.token);
  const a = await LiveClient.follow(server, ann, undefined, { ca });
  const b = await LiveClient.follow(server, ben, undefined, { ca });
  const texts = Array.from({ length: 50 }, (_, at) => `${at} ${"x".repeat(at * 70)}`); // beyond one TLS record together
  await Promise.all(texts.slice(0, 30).map((text) =>
    a.call("messaging.send", { conversation: chat.id, id: uuid7(), text })));
  for (const text of texts.slice(30)) await a.call("messaging.send", { conversation: chat.id, id: uuid7(), text });
  await b.message(chat.id, (message) => message.text === texts.at(-1));
  const got = b.events(`conversation:${chat.id}`).filter((event) => event.event === "message.created");
  assert.deepEqual(got.map((event) => event.data.text), texts);
  await Promise.all([a.close(), b.close()]);
});

test("TLS 1.3 and 1.2 are spoken, 1.1 is refused", async () => {
  assert.equal(await shake({}), "TLSv1.3");
  assert.equal(await shake({ maxVersion: "TLSv1.2" }), "TLSv1.2");
  // Level 0, so that it is the server that refuses and not this side's library.
  const old = await shake({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
  assert.ok(old instanceof Error, `${old}`);
  assert.match(`${old.code} ${old.message}`, /protocol.version|PROTOCOL_VERSION|unsupported protocol/i);
});

test("plain HTTP on the TLS port is answered by nothing of use, and the server goes on", async () => {
  await assert.rejects(fetch(server.url.replace("https", "http") + "/healthz"));
  assert.equal(await server.status("/healthz"), 200);
});
