import assert from "node:assert/strict";
import { test } from "node:test";
import { eventsWithoutGaps } from "../src/chat/filled.ts";
import { Source } from "../src/store.ts";
import { started } from "./started.ts";

test("for await gives what comes, from when it was asked for, until the client is closed", async () => {
  const { server, client, next } = await started();
  const events = client.events("message.created", "gap");
  server.invite("c");
  server.say("c", "one");
  server.cut();
  server.say("c", "two");
  await next(300);
  client.close();
  const texts: string[] = [];
  for await (const event of events) texts.push(event.event === "gap" ? "gap" : event.data.text);
  assert.deepEqual(texts, ["gap"]); // of "one" and "two", which were there before c was known

  const all = client.events();
  assert.deepEqual(await all.return!(), { done: true, value: undefined });
});

test("two who iterate each get everything; one who leaves is forgotten; one who waits is woken", async () => {
  const { server, client, next } = await started();
  server.invite("c");
  await next();
  const [one, two] = [client.events("message.created"), client.events("message.created")];
  const waiting = one.next();
  server.say("c", "hello");
  await next();
  assert.equal((await waiting).value?.data.text, "hello");
  for await (const { data } of two) {
    assert.equal(data.text, "hello");
    break;
  }
  assert.equal((await two.next()).done, true);
});

test("who does not keep up is told so, instead of memory without end", async () => {
  const { server, client, next } = await started({ limits: { queuedEvents: 3 } });
  server.invite("c");
  await next();
  const slow = client.events("message.created");
  for (const text of ["1", "2", "3", "4"]) server.say("c", text);
  await next();
  const texts: string[] = [];
  await assert.rejects((async () => {
    for await (const { data } of slow) texts.push(data.text);
  })(), { code: "too_slow" });
  assert.deepEqual(texts, ["1", "2", "3"]);
});

test("a gap of a conversation is filled from its history, in its place", async () => {
  const { server, client, next, clock } = await started();
  server.invite("c");
  await next();
  const events = eventsWithoutGaps(client);
  const texts: string[] = [];
  const reading = (async () => {
    for await (const event of events) {
      if (event.event === "message.created") texts.push(event.data.text);
      else if (event.event === "gap") texts.push("gap");
    }
  })();
  server.say("c", "seen");
  await next();
  server.cut();
  for (let n = 0; n < 450; n++) server.say("c", `missed ${n}`);
  server.prune("conversation:c", 400);
  let refusals = 0;
  server.refuse = ({ method }) => (method !== "messaging.history" || ++refusals > 2 ? undefined
    : { code: "unavailable", message: "Later.", temporary: true });
  await next(300);
  server.say("c", "live");
  await next(300);
  server.cut(); // in the middle of it
  for (let n = 0; n < 5; n++) await next(600);
  assert.deepEqual(texts, ["seen", "gap", ...Array.from({ length: 450 }, (_, n) => `missed ${n}`), "live"]);
  client.close();
  await clock.advance(0);
  await reading;
});

test("who is closed in the middle of a gap gives nothing from behind it", async () => {
  const { server, client, next } = await started();
  server.invite("c");
  await next();
  const events = eventsWithoutGaps(client);
  server.cut();
  for (const text of ["hidden", "too"]) server.say("c", text);
  server.prune("conversation:c", 3);
  server.refuse = ({ method }) => (method !== "messaging.history" ? undefined : { code: "unavailable", message: "Later.", temporary: true });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { event } of events) seen.push(event);
  })();
  await next(300);
  server.say("c", "behind");
  await next();
  client.close();
  await next(15_000);
  await reading;
  assert.deepEqual(seen, ["gap"]);
});

test("a store gives the same object until something has changed, and tells who asked to be told", () => {
  let value = 1;
  let told = 0;
  const source = new Source(() => ({ value }));
  const first = source.snapshot();
  const end = source.subscribe(() => void (told += 1));
  assert.equal(source.snapshot(), first);
  value = 2;
  source.changed();
  assert.deepEqual([source.snapshot(), told], [{ value: 2 }, 1]);
  end();
  source.changed();
  assert.equal(told, 1);
});
