// The page of plugin api-docs in a browser: it shows a stranger's plugin, and a call can be tried on it.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { openBrowser, openWindow } from "./browser.mjs";
import { register } from "./rest_client.mjs";
import { Server, configuration, repository } from "./server.mjs";

let server, browser;
before(async () => {
  const config = configuration({ plugins: { "api-docs": {}, karma: {} } });
  config.plugin_path.push(path.join(repository, "examples"));
  server = await Server.start(undefined, config);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

test("a method of a plugin that nobody here knows is found, authorised and called", async (t) => {
  const { page, complaints } = await openWindow(browser, { url: server.url + "/docs/" });
  t.after(() => page.context().close());
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  const ann = await register(server, "ann");

  await page.getByRole("button", { name: "Authorize" }).first().click();
  const bearer = page.locator(".auth-container", { hasText: "Bearer" });
  await bearer.getByRole("textbox").fill(ann.token);
  await bearer.getByRole("button", { name: /authorize|apply/i }).click();
  await bearer.getByRole("button", { name: "Close" }).click();

  const method = page.locator(".opblock", { hasText: "/v1/karma/{thing}" });
  await method.locator(".opblock-summary-control").click();
  await method.getByRole("button", { name: /Try it out/ }).click();
  await method.getByRole("button", { name: "Execute" }).click();
  const answer = method.locator(".live-responses-table .response", { hasText: "200" });
  await answer.waitFor();
  assert.match(await answer.locator(".response-col_description").innerText(), /"thing": "tea"/);
  assert.match(await method.locator(".request-url").innerText(), new RegExp(`${server.url}/v1/karma/tea`));
  assert.deepEqual(complaints, []);
  assert.deepEqual(asked.filter((origin) => origin !== server.url && origin !== "null"), []);
});

test("without the documents it says so, and does not break", async (t) => {
  const config = configuration({ plugins: { "api-docs": {} } });
  delete config.api_documents;
  const silent = await Server.start(t, config);
  const { page, complaints } = await openWindow(browser, { url: silent.url + "/docs/" });
  t.after(() => page.context().close());
  await page.getByText(/Failed to load API definition/).waitFor();
  assert.deepEqual(complaints, []);
});
