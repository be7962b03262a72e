// OpenAPI and AsyncAPI of a server that has every plugin of config/single.yaml and a stranger's: what they say is
// what `parleyctl docs` writes, every example in them can be executed, and every answer and event is as they say.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { Documents } from "./documents.mjs";
import { call, direct, group, refusal, register, request, send, uuid7 } from "./rest_client.mjs";
import { Server, buildDirectory, configuration, repository } from "./server.mjs";
import { SocketClient } from "./socket_client.mjs";

const plugins = { reactions: {}, typing: {}, polls: {}, "api-docs": {}, welcome: { grants: ["bot"] } };

// A plugin of examples/, which nothing of the server knows.
function withStranger(changes = {}) {
  const config = configuration({ ...changes, plugins: { ...plugins, karma: {} } });
  config.plugin_path.push(path.join(repository, "examples"));
  return config;
}

let server, documents, follower, ann, ben;
before(async () => {
  server = await Server.start(undefined, withStranger());
  documents = await Documents.read(server);
  [ann, ben] = [await register(server, "ann"), await register(server, "ben")];
  follower = await SocketClient.follow(server, ben);
});
after(async () => {
  await follower?.close();
  await server?.dispose();
});

// ---- what an example needs to be true: `say` overrides parts of it

const chat = async () => ({ conversation: (await direct(server, ann, ben)).id });
const written = async () => {
  const { conversation } = await chat();
  return { conversation, message: (await send(server, ann, conversation, "Hello")).seq };
};
const kitchen = async (...members) => ({ conversation: (await group(server, ann, "Kitchen", members)).id });
const asked = async () => {
  const { conversation } = await chat();
  const body = { id: uuid7(), question: "Hello", options: ["Tea", "Coffee"] };
  const poll = await call(server, "POST", `/v1/conversations/${conversation}/polls`, { token: ann.token, body });
  return { conversation, poll: poll.id };
};
const reacted = async (example) => {
  const say = await written();
  const at = `/v1/conversations/${say.conversation}/messages/${say.message}/reactions/${encodeURIComponent(example.emoji)}`;
  await call(server, "PUT", at, { token: ann.token });
  return say;
};

// By method: what stands in place of the example's made-up ids and names, and who calls it where that is not Ann.
const fixtures = {
  "account.find": async () => ({}),
  "account.get": async () => ({ say: { account: ben.account } }),
  "account.me": async () => ({}),
  "auth.login": async () => ({ say: { login: ann.name, password: ann.password } }),
  "auth.logout": async () => ({ as: await register(server) }),
  "auth.refresh": async () => ({ say: { refresh_token: (await register(server)).refresh_token } }),
  "auth.register": async (example) => ({ say: { name: `${example.name}_${uuid7().slice(-12)}` } }),
  "karma.get": async () => ({}),
  "messaging.add_member": async () => ({ say: { ...(await kitchen()), account: ben.account } }),
  "messaging.conversations": async () => ({}),
  "messaging.create_group": async () => ({ say: { members: [ben.account] } }),
  "messaging.delete": async () => ({ say: await written() }),
  "messaging.direct": async () => ({ say: { account: ben.account } }),
  "messaging.get_message": async () => ({ say: await written() }),
  "messaging.history": async () => ({ say: await written().then(({ conversation }) => ({ conversation })) }),
  "messaging.leave": async () => ({ say: await kitchen(ben), as: ben }),
  "messaging.members": async () => ({ say: await chat() }),
  "messaging.overview": async () => ({ say: await chat() }),
  "messaging.recent": async () => ({}),
  "messaging.remove_member": async () => ({ say: { ...(await kitchen(ben)), account: ben.account } }),
  "messaging.search": async () => ({ say: await written().then(({ conversation }) => ({ conversation })) }),
  "messaging.search_all": async () => ({}),
  "messaging.send": async () => ({ say: { ...(await chat()), id: uuid7() } }),
  "polls.close": async () => ({ say: await asked() }),
  "polls.create": async () => ({ say: { ...(await chat()), id: uuid7() } }),
  "polls.get": async () => ({ say: await asked() }),
  "polls.list": async () => ({ say: await asked().then(({ conversation }) => ({ conversation })) }),
  "polls.vote": async () => ({ say: await asked() }),
  "reactions.add": async () => ({ say: await written() }),
  "reactions.counts": async () => ({ say: await reacted({ emoji: "👍" }).then(({ conversation }) => ({ conversation })) }),
  "reactions.remove": async (example) => ({ say: await reacted(example) }),
  "reactions.who": async (example) => ({ say: await reacted(example) }),
  "typing.list": async () => ({ say: await chat() }),
  "typing.start": async () => ({ say: await chat() }),
  "typing.stop": async () => ({ say: await chat() }),
  "web.settings": async () => ({}),
};

async function prepared(method, example) {
  assert.ok(fixtures[method], `${method} is in the documents: say in \`fixtures\` what its example needs`);
  const { say = {}, as = ann } = await fixtures[method](example);
  for (const name of Object.keys(say)) assert.ok(name in example, `the example of ${method} has no ${name}`);
  return { params: { ...example, ...say }, as };
}

test("every example of a method is executed by HTTP, and answered as the document says", async () => {
  const operations = documents.operations();
  for (const { id, verb, path: route, operation } of operations) {
    const content = operation.requestBody?.content["application/json"];
    const parameters = (operation.parameters ?? []).filter((one) => one.example !== undefined);
    const needed = (operation.parameters ?? []).filter((one) => one.required);
    assert.ok(needed.every((one) => one.example !== undefined), `${id} has an example of every parameter that it needs`);
    assert.ok(!content || content.example, `${id} has an example`);
    assert.notEqual(operation.responses[200].content["application/json"].example, undefined, `${id} has one of its result`);
    const example = { ...Object.fromEntries(parameters.map((one) => [one.name, one.example])), ...content?.example };
    const { params, as } = await prepared(id, example);
    const of = (place) => parameters.filter((one) => one.in === place).map((one) => one.name);
    let target = route;
    for (const name of of("path")) target = target.replace(`{${name}}`, encodeURIComponent(params[name]));
    const query = new URLSearchParams(of("query").map((name) => [name, params[name]]));
    if (String(query)) target += `?${query}`;
    const body = content && Object.fromEntries(Object.keys(content.example).map((name) => [name, params[name]]));
    const reply = await request(server, verb, target, { token: as.token, body });
    assert.equal(reply.status, 200, `${id}: ${JSON.stringify(reply.body)}`);
    assert.equal(documents.wrongInResponse(verb, target, reply.status, reply.headers.get("content-type"), reply.body), undefined);
  }
  assert.deepEqual(operations.map((one) => one.id).sort(), Object.keys(fixtures).sort());
});

test("and on the socket; every event of the document comes, and is as it says", async () => {
  const { messages } = documents.asyncapi.components;
  for (const [name, message] of Object.entries(messages)) {
    assert.ok(message.examples?.length, `${name} has an example`);
    if (!name.startsWith("call.")) continue;
    const method = name.slice("call.".length);
    const { params, as } = await prepared(method, message.examples[0].payload.params);
    const client = await SocketClient.open(server, as);
    await client.call(method, params);
    documents.assertFrame(client.frames.find((frame) => "id" in frame), method);
    documents.assertFrame({ hello: client.hello });
    await client.close();
  }
  const conversation = (await direct(server, ann, ben)).id;
  await send(server, ann, conversation, "the last one");
  await follower.message(conversation, (data) => data.text === "the last one");
  for (const frame of follower.frames) documents.assertFrame(frame);
  const events = Object.keys(messages).filter((name) => name.startsWith("event.")).map((name) => name.slice("event.".length));
  const seen = new Set(follower.events().map((frame) => frame.event));
  assert.deepEqual(events.filter((event) => !seen.has(event)), []);
});

test("the frames of a client are those of the document, and are taken as it has them", async () => {
  const { messages } = documents.asyncapi.components;
  const client = await SocketClient.open(server, ann);
  const operations = Object.values(documents.asyncapi.operations).filter((one) => one.action === "receive");
  const frames = operations.map((one) => one.messages[0].$ref.split("/").at(-1)).filter((name) => name.startsWith("frame."));
  for (const name of frames) {
    if (name !== "frame.authenticate") client.write(messages[name].examples[0].payload);
  }
  client.write({ authenticate: { ...messages["frame.authenticate"].examples[0].payload.authenticate, credential: ann.token } });
  await client.until((frame) => frame.hello, "hello once more", client.frames.findIndex((frame) => frame.hello) + 1);
  await client.until((frame) => frame.resumed, "resumed");
  assert.ok(client.frames.some((frame) => frame.heartbeat));
  assert.deepEqual(client.frames.filter((frame) => frame.error), []);
  // Which there are says who is told that his is none of them.
  client.write({ shout: {} });
  const { error } = await client.until((frame) => frame.error, "a refusal");
  const named = /none of (.*) or a call/.exec(error.message)[1].split(", ");
  assert.deepEqual(named.sort(), frames.map((name) => name.slice("frame.".length)).sort());
  assert.equal(await client.closed, 4200);
});

test("examples are what their schemas admit", () => {
  const { messages } = documents.asyncapi.components;
  for (const [name, message] of Object.entries(messages)) {
    for (const { payload } of message.examples) {
      assert.equal(documents.judge("asyncapi", `#/components/messages/${name}/payload`, payload), undefined, name);
    }
  }
});

test("errors are as the documents say, and a field that no document has is found", async () => {
  const { conversation } = await chat();
  const stranger = await register(server);
  for (const [verb, route, options] of [
    ["GET", `/v1/conversations/${conversation}/messages`, { token: stranger.token }],
    ["GET", `/v1/conversations/${conversation}/messages?limit=0`, { token: ann.token }],
    ["GET", "/v1/account", {}],
    ["POST", "/v1/auth/register", { body: { name: ann.name, password: "correct horse" } }],
    ["POST", "/v1/auth/register", { body: "{" }],
    ["GET", "/v1/nothing", {}],
    ["PATCH", "/v1/account", {}],
  ]) {
    const { status, body, headers } = await request(server, verb, route, options);
    assert.ok(status >= 400, `${verb} ${route}: ${status}`);
    assert.equal(documents.wrongInResponse(verb, route, status, headers.get("content-type"), body), undefined);
  }
  const profile = await call(server, "GET", "/v1/account", { token: ann.token });
  const judge = (status, body) => documents.wrongInResponse("GET", "/v1/account", status,
    status < 400 ? "application/json" : "application/problem+json", body);
  assert.equal(judge(200, profile), undefined);
  assert.match(judge(200, { ...profile, shoe_size: 43 }), /additional properties/);
  assert.match(judge(200, { ...profile, id: undefined }), /required/);
  const problem = { title: "Not Found", status: 404, detail: "No.", message: "No.", temporary: false };
  assert.equal(judge(404, { ...problem, code: "not_found" }), undefined);
  assert.match(judge(404, { ...problem, code: "forbidden" }), /allowed values/);
  const told = follower.events().find((frame) => frame.event === "message.created");
  assert.equal(documents.wrongInFrame(told), undefined);
  assert.match(documents.wrongInFrame({ ...told, data: { ...told.data, mood: "good" } }), /additional properties/);
  assert.match(documents.wrongInFrame({ ...told, event: "message.unheard_of" }), /no document/);
});

test("a stranger's plugin is in them, and parleyctl writes the same without a server", () => {
  assert.equal(documents.openapi.paths["/v1/karma/{thing}"].get.operationId, "karma.get");
  assert.ok(documents.asyncapi.operations["call.karma.get"]);
  const folder = path.join(server.directory, "documents");
  execFileSync(path.join(buildDirectory(), "bin/parleyctl"), ["docs", server.file, "--output", folder]);
  const file = (name) => JSON.parse(fs.readFileSync(path.join(folder, name), "utf8"));
  assert.deepEqual(file("openapi.json"), documents.openapi);
  assert.deepEqual(file("asyncapi.json"), documents.asyncapi);
});

test("they change with the plugins; who has the newest is told so", async (t) => {
  const own = path.join(fs.mkdtempSync(path.join(server.directory, "plugins-")), "greeter");
  const write = (version, method) => {
    fs.mkdirSync(own, { recursive: true });
    fs.writeFileSync(path.join(own, "plugin.yaml"), JSON.stringify({
      plugin: "greeter", version, runtime: "lua",
      methods: { [method]: { http: `GET /v1/${method}`, params: { type: "object" }, result: { type: "string" } } },
    }));
    fs.writeFileSync(path.join(own, "init.lua"),
      `local plugin = require "parley".plugin()\nfunction plugin.methods.${method}(call) return "Hello" end\nreturn plugin\n`);
  };
  write("1.0.0", "greeter.hello");
  const config = configuration({ plugins: { greeter: {} } });
  config.plugin_path.push(path.dirname(own));
  const other = await Server.start(t, config);
  const first = await request(other, "GET", "/v1/openapi.json");
  const etag = first.headers.get("etag");
  assert.ok(first.body.paths["/v1/greeter.hello"]);
  assert.equal((await request(other, "GET", "/v1/openapi.json", { headers: { "if-none-match": etag } })).status, 304);
  const head = await request(other, "HEAD", "/v1/openapi.json");
  assert.deepEqual([head.status, head.headers.get("etag"), head.body], [200, etag, {}]);
  write("1.1.0", "greeter.welcome");
  execFileSync(path.join(buildDirectory(), "bin/parleyctl"), ["plugin", "reload", "greeter", other.file]);
  const second = await request(other, "GET", "/v1/openapi.json", { headers: { "if-none-match": etag } });
  assert.deepEqual([second.status, Object.keys(second.body.paths).filter((one) => one.includes("greeter"))],
    [200, ["/v1/greeter.welcome"]]);
  assert.notEqual(second.headers.get("etag"), etag);
  assert.ok((await request(other, "GET", "/v1/asyncapi.json")).body.operations["call.greeter.welcome"]);
  await refusal(other, "POST", "/v1/openapi.json", {}, "method_not_allowed", 405);
});

test("without api_documents.serve nobody gets them", async (t) => {
  const config = configuration();
  delete config.api_documents;
  const silent = await Server.start(t, config);
  await refusal(silent, "GET", "/v1/openapi.json", {}, "unknown_method", 404);
  await refusal(silent, "GET", "/v1/asyncapi.json", {}, "unknown_method", 404);
});
