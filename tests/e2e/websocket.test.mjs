// The conversations of kernel/net/websocket_beast_test.cpp, by npm's ws: a WebSocket that we did not write.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Server } from "./server.mjs";
import { SocketClient } from "./socket_client.mjs";
import { register } from "./rest_client.mjs";

let server;
let ada;
before(async () => {
  server = await Server.start();
  ada = await register(server, "ada");
});
after(() => server?.dispose());

const beat = (size) => JSON.stringify({ heartbeat: {} }).padEnd(size, " ");
const GREEK = "κόσμε";

for (const [name, perMessageDeflate] of [["without compression", false], ["with compression", { threshold: 100 }],
  ["with a small window", { threshold: 100, serverMaxWindowBits: 9, clientMaxWindowBits: 10 }]]) {
  describe(`ws ${name}`, () => {
    const open = () => SocketClient.open(server, ada, { perMessageDeflate });

    test("agrees on what it offers", async () => {
      const client = await open();
      const agreed = client.socket.extensions;
      assert.equal(agreed, perMessageDeflate ? "permessage-deflate" : "");
      client.socket.close();
      await client.closed;
    });

    test("converses", async () => {
      const client = await open();
      for (const size of [16, 125, 126, 127, 1000, 65535, 65536]) {
        const heard = client.frames.length;
        client.write(beat(size));
        await client.until((frame) => frame.heartbeat, `an answer to ${size} bytes`, heard);
      }
      for (const length of [1, 100, 5000]) {
        const name = "x".repeat(length);
        await assert.rejects(client.call("account.find", { name, limit: GREEK }), { code: "invalid_params" });
      }
      const me = await client.call("account.me");
      assert.equal(me.name, ada.name);
      client.socket.close(1001, "bye");
      assert.equal(await client.closed, 1001);
    });

    test("sends in fragments with pings between", async () => {
      const client = await open();
      const pongs = [];
      client.socket.on("pong", (content) => pongs.push(content.toString()));
      const whole = JSON.stringify({ id: GREEK, method: "account.me" }).padEnd(3000, " ");
      const heard = client.frames.length;
      client.judge.sent(whole);
      for (let at = 0; at < whole.length; at += 100) {
        client.socket.send(whole.slice(at, at + 100), { fin: at + 100 >= whole.length });
        if (at % 1000 === 0) client.socket.ping(`at ${at}`);
      }
      const reply = await client.until((frame) => frame.id === GREEK, "the reply", heard);
      assert.equal(reply.result.name, ada.name);
      assert.deepEqual(pongs, ["at 0", "at 1000", "at 2000"]);
      client.socket.terminate();
    });

    test("is told why it is closed", async () => {
      for (const [content, code] of [[Buffer.from("binary"), 1003], ["no JSON", 4200], [beat(65537), 1009]]) {
        const client = await open();
        client.socket.send(content);
        assert.equal(await client.closed, code);
      }
    });
  });
}
