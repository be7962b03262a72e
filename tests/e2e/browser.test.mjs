// The page, in two Chromium windows, as two people would use it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openBrowser, openWindow } from "./browser.mjs";
import { LiveClient } from "./live_client.mjs";
import { direct, register, send, uuid7 } from "./rest_client.mjs";
import { Server, configuration } from "./server.mjs";

let server, browser;

before(async () => {
  server = await Server.start();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.dispose();
});

let made = 0;
const fresh = (hint) => `${hint}${process.pid}_${++made}`;

async function couple(t, shown = ["Ann", "Ben"], at = server) {
  const windows = [];
  for (const name of shown) {
    const window = await openWindow(browser, at);
    t.after(() => window.page.context().close());
    window.name = fresh("w");
    await window.register(window.name, name);
    windows.push(window);
  }
  return windows;
}

const quiet = (...windows) => assert.deepEqual(windows.flatMap((window) => window.complaints), []);

test("register, find, chat live, reload, history", async (t) => {
  const [ann, ben] = await couple(t);
  await ann.openDirect(ben.name);
  await ann.say("Hello Ben");
  await ann.shows(["Hello Ben"]);

  const row = ben.page.getByRole("navigation").getByRole("link", { name: /Ann/ });
  await row.getByText("unread").waitFor({ state: "attached" });
  await row.click();
  await ben.shows(["Hello Ben"]);
  await ben.say("Hello Ann\nhow are you?");
  await ann.shows(["Hello Ben", "Hello Ann\nhow are you?"]);
  assert.equal(await ben.page.locator(".unread:visible").count(), 0);

  await ann.page.reload();
  await ann.connected();
  await ann.shows(["Hello Ben", "Hello Ann\nhow are you?"]);
  await ben.say("Still live?");
  await ann.shows(["Hello Ben", "Hello Ann\nhow are you?", "Still live?"]);
  quiet(ann, ben);
});

test("two windows of one browser are two people", async (t) => {
  const first = await openWindow(browser, server);
  t.after(() => first.page.context().close());
  await first.register(fresh("one"), "First");
  const page = await first.page.context().newPage();
  await page.goto(server.url);
  await page.getByRole("button", { name: "Log in", exact: true }).waitFor();
  await first.page.reload();
  await first.connected();
});

test("reactions, who is typing, a message that is deleted", async (t) => {
  const own = await Server.start(t, configuration({ plugins: { reactions: {}, typing: {} } }));
  const [ann, ben] = await couple(t, ["Ann", "Ben"], own);
  await ann.openDirect(ben.name);
  await ann.say("Hello Ben");
  await ann.shows(["Hello Ben"]);
  await ben.page.getByRole("navigation").getByRole("link", { name: /Ann/ }).click();
  await ben.shows(["Hello Ben"]);

  await ben.page.getByRole("button", { name: "React", exact: true }).focus();
  await ben.page.keyboard.press("Enter");
  await ben.page.keyboard.press("Enter"); // the first of the choice has the focus
  const chip = ann.page.getByRole("button", { name: "👍 1" });
  await chip.waitFor();
  await chip.hover();
  await ann.page.locator(".chip[title='Ben']").waitFor();
  await chip.click();
  await ben.page.getByRole("button", { name: "👍 2" }).waitFor();
  await ann.page.reload();
  await ann.page.getByRole("button", { name: "👍 2", pressed: true }).click();
  await ben.page.getByRole("button", { name: "👍 1" }).waitFor();

  await ben.composer().pressSequentially("Well");
  await ann.page.getByText("Ben is typing…").waitFor();
  await ben.composer().press("Enter");
  await ann.page.getByText("Ben is typing…").waitFor({ state: "detached" });
  await ann.shows(["Hello Ben", "Well"]);

  assert.equal(await ben.page.getByRole("button", { name: "Delete", exact: true }).count(), 1); // one's own
  await ann.page.getByRole("button", { name: "Delete", exact: true }).click();
  await ann.page.getByRole("button", { name: "Delete for everybody?" }).click();
  for (const one of [ann, ben]) await one.shows(["Well"]);
  await ben.page.reload();
  await ben.shows(["Well"]);
  quiet(ann, ben);
});

test("a poll: asked, voted on, seen by both, closed", async (t) => {
  const own = await Server.start(t, configuration({ plugins: { polls: {} } }));
  const [ann, ben] = await couple(t, ["Ann", "Ben"], own);
  await ann.openDirect(ben.name);
  await ann.page.getByRole("button", { name: "Poll", exact: true }).click();
  const dialog = ann.page.getByRole("dialog", { name: "New poll" });
  await dialog.getByRole("button", { name: "Ask" }).click();
  await dialog.getByRole("alert").filter({ hasText: "Write a question." }).waitFor();
  await dialog.getByLabel("Question").fill("<b>Tea</b> or coffee?");
  await dialog.getByLabel("Option 1").fill("Tea");
  await dialog.getByLabel("Option 2").fill("Coffee");
  await dialog.getByRole("button", { name: "Ask" }).click();
  await ben.page.getByRole("navigation").getByRole("link", { name: /Ann/ }).click();
  for (const { page } of [ann, ben]) await page.getByRole("group", { name: "<b>Tea</b> or coffee?" }).waitFor();

  await ben.page.getByRole("radio", { name: /^Tea/ }).check();
  await ann.page.getByText("1 voted").waitFor();
  await ann.page.getByRole("radio", { name: "Tea 1 vote" }).check();
  await ben.page.getByRole("radio", { name: "Tea 2 votes", checked: true }).waitFor();
  await ben.page.getByRole("radio", { name: /^Coffee/ }).check();
  await ann.page.getByRole("radio", { name: "Coffee 1 vote", checked: false }).waitFor();
  await ann.page.getByRole("button", { name: "Take my vote back" }).click();
  await ben.page.getByRole("radio", { name: "Tea 0 votes" }).waitFor();
  await ben.page.reload();
  await ben.page.getByRole("radio", { name: "Coffee 1 vote", checked: true }).waitFor();

  assert.equal(await ben.page.getByRole("button", { name: "Close the poll" }).count(), 0);
  await ann.page.getByRole("button", { name: "Close the poll" }).click();
  await ben.page.getByText("1 voted · closed").waitFor();
  assert.ok(await ben.page.getByRole("radio", { name: /^Tea/ }).isDisabled());
  quiet(ann, ben);
});

test("log out, log in, a wrong password", async (t) => {
  const [ann] = await couple(t, ["Ann"]);
  const { page } = ann;
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("User name").fill(ann.name);
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await page.getByRole("alert").filter({ hasText: /./ }).waitFor();
  await page.reload();
  await page.getByLabel("User name").fill(ann.name);
  await page.getByLabel("Password").fill("correct horse");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await ann.connected();
  quiet(ann);
});

test("a newcomer: what is wrong in plain words and in the field, then where to begin", async (t) => {
  const taken = (await register(server, "taken")).name;
  const { page, complaints } = await openWindow(browser, server);
  t.after(() => page.context().close());
  await page.getByRole("button", { name: /Create an account/ }).click();
  const attempt = async (name, password, said, field) => {
    await page.getByLabel("User name").fill(name);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("alert").filter({ hasText: said }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), field);
  };
  await attempt("", "correct horse", "Write your user name.", "login");
  await attempt("a", "correct horse", "A user name has 2 to 32", "login");
  await attempt(taken, "correct horse", "taken", "login");
  await attempt("a@", "correct horse", "not an email address", "login");
  const name = fresh("new");
  await attempt(name, "short", "Choose a password", "password");
  await page.getByLabel("Password").fill("correct horse");
  await page.keyboard.press("Enter");
  await page.getByRole("main").getByText("Find a person by user name").waitFor();
  await page.getByRole("navigation").getByText(`Others find you as @${name}`).waitFor();
  await page.getByRole("searchbox", { name: "Find a person" }).fill("zzzz");
  await page.getByText("Nobody’s user name begins with “zzzz”.").waitFor();
  assert.deepEqual(complaints, []);
});

test("script in names and messages is text", async (t) => {
  const evil = "<img src=x onerror=alert(1)>";
  const [ann, ben] = await couple(t, [evil, "<script>alert(2)</script>"]);
  const texts = ["<script>alert(3)</script>", evil, "javascript:alert(4)", "<style>*{display:none}</style>", "{{7*7}} ${7*7}"];
  await ann.openDirect(ben.name);
  for (const text of texts) await ann.say(text);
  await ann.shows(texts);
  await ben.page.getByRole("link", { name: evil }).click();
  await ben.shows(texts);
  await ann.page.getByRole("heading", { name: "<script>alert(2)</script>" }).waitFor();
  for (const { page } of [ann, ben]) {
    assert.equal(await page.locator("#page img, #page script, #page style, #page iframe").count(), 0);
  }
  quiet(ann, ben);
});

test("the page comes with a policy that lets nothing inline run", async (t) => {
  const reply = await fetch(server.url);
  const policy = reply.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(reply.headers.get("x-content-type-options"), "nosniff");
  // Checked in the browser as well: a script that somehow got in does not run.
  const window = await openWindow(browser, server);
  t.after(() => window.page.context().close());
  const blocked = await window.page.evaluate(() => new Promise((resolve) => {
    document.addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective));
    const script = document.createElement("script");
    script.textContent = "window.ran = true";
    document.body.append(script);
  }));
  assert.match(blocked, /script-src/);
  assert.equal(await window.page.evaluate(() => window.ran), undefined);
});

test("groups, with people who are added", async (t) => {
  const [ann, ben, cyd] = await couple(t, ["Ann", "Ben", "Cyd"]);
  const { page } = ann;
  await page.getByRole("button", { name: "New group" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("Hikers");
  for (const { name } of [ben, cyd]) {
    await dialog.getByRole("searchbox").fill(name);
    await dialog.getByRole("list", { name: "People found" }).getByRole("button").first().click();
  }
  await dialog.getByRole("button", { name: "Create group" }).click();
  await ann.say("Sunday?");
  for (const window of [ben, cyd]) {
    await window.page.getByRole("link", { name: /Hikers/ }).click();
    await window.shows(["Sunday?"]);
  }
  await cyd.say("Yes");
  await ann.shows(["Sunday?", "Yes"]);
  await ben.shows(["Sunday?", "Yes"]);
  quiet(ann, ben, cyd);
});

test("a group's owner adds and removes, a member leaves", async (t) => {
  const [ann, ben, cyd] = await couple(t, ["Ann", "Ben", "Cyd"]);
  await ann.page.getByRole("button", { name: "New group" }).click();
  await ann.page.getByLabel("Name", { exact: true }).fill("Rowers");
  await ann.page.getByRole("button", { name: "Create group" }).click();
  await ann.say("Nobody yet");

  const members = (window) => window.page.getByRole("dialog", { name: "People in this group" });
  const add = async (who) => {
    await members(ann).getByRole("searchbox").fill(who.name);
    await members(ann).getByRole("list", { name: "People found" }).getByRole("button").first().click();
  };
  await ann.page.getByRole("button", { name: "Members" }).click();
  await add(ben);
  await members(ann).getByRole("status").filter({ hasText: "Ben was added." }).waitFor();
  await add(cyd);
  await members(ann).getByRole("button", { name: "Remove Cyd" }).waitFor();
  await ann.page.keyboard.press("Escape");
  await ann.say("Welcome");
  for (const window of [ben, cyd]) {
    await window.page.getByRole("link", { name: /Rowers/ }).click();
    await window.shows(["Welcome"]); // not what was said before they came
  }

  // Who is removed while looking at it is told so, and led back.
  await ann.page.getByRole("button", { name: "Members" }).click();
  await members(ann).getByRole("button", { name: "Remove Ben" }).click();
  await members(ann).getByRole("button", { name: "Remove Ben" }).waitFor({ state: "detached" });
  await ben.page.getByText("You are not in this conversation").waitFor();
  await ben.page.getByRole("link", { name: "Back to the conversations" }).click();
  await ben.page.getByText("No conversations yet").waitFor();

  // A member sees who is there, changes nothing, and may leave; by keyboard.
  await cyd.page.getByRole("button", { name: "Members" }).focus();
  await cyd.page.keyboard.press("Enter");
  await members(cyd).getByText("Ann").waitFor();
  assert.equal(await members(cyd).getByRole("button", { name: /Remove/ }).count(), 0);
  assert.equal(await members(cyd).getByRole("searchbox").count(), 0);
  await members(cyd).getByRole("button", { name: "Leave group" }).press("Enter");
  await members(cyd).getByRole("button", { name: "Stay" }).press("Enter");
  await members(cyd).getByRole("button", { name: "Leave group" }).press("Enter");
  await members(cyd).getByRole("button", { name: "Leave", exact: true }).press("Enter");
  await cyd.page.getByText("No conversations yet").waitFor();
  await members(ann).getByRole("button", { name: "Remove Cyd" }).waitFor({ state: "detached" });
  await ann.page.keyboard.press("Escape");
  await ann.say("Alone again");
  await ann.shows(["Nobody yet", "Welcome", "Alone again"]);

  // Brought back.
  await ann.page.getByRole("button", { name: "Members" }).click();
  await add(ben);
  await ben.page.getByRole("link", { name: /Rowers/ }).click();
  await ann.page.keyboard.press("Escape");
  await ann.say("Back again");
  await ben.shows(["Back again"]);
  quiet(ann, ben, cyd);
});

test("scrolling back loads what is earlier", async (t) => {
  const [ann] = await couple(t, ["Ann"]);
  const other = await register(server, "writer");
  const { account } = await ann.page.evaluate(() => JSON.parse(sessionStorage.getItem("parley.session")));
  const { id } = await direct(server, other, { account });
  const texts = Array.from({ length: 130 }, (_, at) => `number ${at}`);
  for (const text of texts) await send(server, other, id, text);
  await ann.page.reload();
  await ann.page.getByRole("navigation").getByRole("link").first().click();
  await ann.messages().getByText("number 129", { exact: true }).waitFor();
  assert.ok(await ann.messages().count() < texts.length, "not everything at once");
  // Each time the person scrolls to the very top; what was the first message there must not move.
  while (await ann.messages().count() < texts.length) {
    const { moved, text } = await ann.page.getByRole("log").evaluate(async (log) => {
      const rows = () => log.querySelectorAll(".message");
      const [first] = rows();
      const had = rows().length;
      log.scrollTop = 0;
      const stood = first.getBoundingClientRect().top;
      const grown = new Promise((resolve) => {
        new MutationObserver((_, observer) => {
          if (rows().length === had) return;
          observer.disconnect();
          resolve();
        }).observe(log, { childList: true, subtree: true });
      });
      await grown;
      await new Promise(requestAnimationFrame);
      return { moved: first.getBoundingClientRect().top - stood, text: first.querySelector(".text").textContent };
    });
    assert.ok(Math.abs(moved) < 2, `${text} moved by ${moved} pixels`);
  }
  await ann.shows(texts);
  quiet(ann);
});

test("a window that one page of messages does not fill gets more; scrolling up is not undone", async (t) => {
  const window = await openWindow(browser, server, { viewport: { width: 900, height: 3000 } });
  t.after(() => window.page.context().close());
  await window.register(fresh("high"), "Ann");
  const other = await register(server, "writer");
  const { account } = await window.page.evaluate(() => JSON.parse(sessionStorage.getItem("parley.session")));
  const { id } = await direct(server, other, { account });
  const texts = Array.from({ length: 100 }, (_, at) => `number ${at}`);
  for (const text of texts) await send(server, other, id, text);
  await window.page.reload();
  await window.page.getByRole("navigation").getByRole("link").first().click();
  await window.shows(texts.slice(-80));

  // A painting comes after the scroll and before its event, as on a busy machine. A change of the address paints.
  const top = await window.page.getByRole("log").evaluate((log) => {
    log.scrollTop = 0;
    dispatchEvent(new Event("hashchange"));
    return log.scrollTop;
  });
  assert.equal(top, 0, "not pulled back to the end");
  await window.shows(texts);
  quiet(window);
});

test("kill -9: the page reconnects by itself, and every message is there", async (t) => {
  const own = await Server.start(t);
  const windows = [];
  for (const shown of ["Ann", "Ben"]) {
    const window = await openWindow(browser, own);
    t.after(() => window.page.context().close());
    window.name = fresh("k");
    await window.register(window.name, shown);
    windows.push(window);
  }
  const [ann, ben] = windows;
  await ann.openDirect(ben.name);
  await ben.page.getByRole("link", { name: /Ann/ }).click();
  const texts = [];
  for (let round = 0; round < 3; round++) {
    await ann.say(`before ${round}`);
    await ben.shows([...texts, `before ${round}`]);
    await own.kill();
    await ann.page.locator(".link-state:not(.live)").waitFor();
    await ann.say(`meanwhile ${round}`);
    await ann.page.locator(".unsent", { hasText: `meanwhile ${round}` }).getByText("will be tried again").waitFor();
    await own.launch();
    texts.push(`before ${round}`, `meanwhile ${round}`);
    for (const window of windows) {
      await window.connected();
      await window.shows(texts);
    }
  }
  // What was not sent yet outlives a reload as well.
  await own.kill();
  await ann.page.locator(".link-state:not(.live)").waitFor();
  await ann.say("across a reload");
  await ann.page.locator(".unsent").waitFor();
  await own.launch();
  await ann.page.reload();
  for (const window of windows) await window.shows([...texts, "across a reload"]);
  quiet(ann, ben);
});

for (const [count, what] of [[4500, "a long replay"], [6000, "longer than the server replays"]]) {
  test(`away for ${what}: no hole, and the page stays quick`, async (t) => {
    const own = await Server.start(t);
    const ann = await openWindow(browser, own);
    t.after(() => ann.page.context().close());
    await ann.register(fresh("away"), "Ann");
    const other = await register(own, "writer");
    const { account } = await ann.page.evaluate(() => JSON.parse(sessionStorage.getItem("parley.session")));
    const { id } = await direct(own, other, { account });
    await send(own, other, id, "long ago");
    await ann.page.getByRole("navigation").getByRole("link").first().click();
    await ann.shows(["long ago"]);

    // At another address for a while, where the page cannot find it.
    const { port } = own;
    await own.kill();
    own.config.listen[0].port = 0;
    await own.launch();
    const writer = await LiveClient.follow(own, other);
    for (let sent = 0; sent < count; sent += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, at) =>
        writer.call("messaging.send", { conversation: id, id: uuid7(), text: `missed ${sent + at}` })));
    }
    await writer.close();
    await own.kill();
    own.config.listen[0].port = port;
    await own.launch();

    await ann.connected();
    await ann.messages().getByText(`missed ${count - 1}`, { exact: true }).waitFor();
    await send(own, other, id, "live again");
    await ann.messages().getByText("live again").waitFor();
    await ann.page.getByRole("log").evaluate((element) => (element.scrollTop = 0));
    await ann.page.waitForFunction(() => document.querySelectorAll("[role=log] .message").length > 60);
    const shown = await ann.messages().allTextContents();
    const wanted = Array.from({ length: count }, (_, at) => `missed ${at}`);
    assert.deepEqual(shown, ["long ago", ...wanted, "live again"].slice(-shown.length));
    quiet(ann);
  });
}

test("messages are searched: everywhere and in one conversation; a result leads to its message, however far back", async (t) => {
  const [ann, ben] = await couple(t);
  const other = await register(server, "writer", { display_name: "Writer" });
  const { account } = await ann.page.evaluate(() => JSON.parse(sessionStorage.getItem("parley.session")));
  const { id } = await direct(server, other, { account });
  let wanted;
  for (let at = 0; at < 150; at++) {
    const { seq } = await send(server, other, id, at === 10 ? "Where is the <b>Käse</b>, please?" : `number ${at}`);
    if (at === 10) wanted = seq;
  }
  await ann.openDirect(ben.name);
  await ann.say("There is cheese, and Kasekuchen");
  await ann.shows(["There is cheese, and Kasekuchen"]);

  const { page } = ann;
  await page.reload(); // now the page has not seen the others come
  const field = page.getByRole("searchbox", { name: "Search messages" });
  const results = page.getByRole("list", { name: "Messages found" }).getByRole("link");
  await field.fill("kase");
  await page.getByText("2 messages found.").waitFor();
  assert.equal(await page.getByRole("navigation").isVisible(), false);
  assert.deepEqual((await results.locator("mark").allTextContents()).sort(), ["Kasekuchen", "Käse"]);
  await field.press("Enter"); // whole words
  await page.getByText("1 message found.").waitFor();
  assert.equal(await results.locator(".hit-text").textContent(), "Where is the <b>Käse</b>, please?");
  await field.press("ArrowDown");
  await page.keyboard.press("Enter");
  const led = page.locator(".message.found");
  await led.getByText("Käse").waitFor();
  await page.waitForFunction(() => document.activeElement.matches(".message.found"));
  assert.equal(await led.evaluate((row) => {
    const [log, seen] = [row.closest("[role=log]"), row].map((one) => one.getBoundingClientRect());
    return seen.top >= log.top && seen.bottom <= log.bottom;
  }), true);
  assert.equal(await ann.messages().getByText("number 149", { exact: true }).count(), 0);

  // From there back, on, and to the newest.
  await send(server, other, id, "number 150");
  await page.getByRole("log").evaluate((log) => (log.scrollTop = 0));
  await ann.messages().getByText("number 0", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Go to the newest messages" }).click();
  await ann.messages().getByText("number 150", { exact: true }).waitFor();
  await results.first().click(); // where its address is open already
  await led.getByText("Käse").waitFor();
  await page.getByRole("button", { name: "Go to the newest messages" }).waitFor();
  await ann.say("Here");
  await ann.messages().getByText("Here", { exact: true }).waitFor();

  // In this conversation only, more than a page.
  await page.getByRole("button", { name: "Search", exact: true }).click();
  await field.fill("cheese");
  await page.getByText("No message has these words.").waitFor();
  await page.getByText("Only in Writer.").waitFor();
  await page.getByRole("button", { name: "Search everywhere" }).click();
  await page.getByText("1 message found.").waitFor();
  await field.fill("num");
  await page.getByText("20 and more messages found.").waitFor();
  await page.getByRole("button", { name: "Show more" }).click();
  await page.getByText("40 and more messages found.").waitFor();
  assert.equal(await results.count(), 40);
  await field.press("Escape");
  await page.getByRole("navigation").getByRole("link", { name: /Writer/ }).waitFor();
  assert.equal(await field.inputValue(), "");

  // A reload leads there as well; what is deleted is not there any more.
  await page.goto(`${server.url}/#c/${id}/${wanted}`);
  await page.reload();
  await led.getByText("Käse").waitFor();
  await page.goto(`${server.url}/#c/${id}/100000`);
  await page.getByText("This message is no longer there.").waitFor();
  quiet(ann, ben);
});

describe("without a mouse", () => {
  test("register, find, write, and walk the list by keyboard alone", async (t) => {
    const [ben] = await couple(t, ["Ben"]);
    const window = await openWindow(browser, server);
    t.after(() => window.page.context().close());
    const { keyboard } = window.page;
    const focused = (role, name) => window.page.waitForFunction(([tag, text]) => {
      const element = document.activeElement;
      const label = element?.getAttribute("aria-label") ?? element?.labels?.[0]?.textContent ?? element?.textContent ?? "";
      return element?.tagName === tag && label.includes(text);
    }, [role, name]);

    await focused("INPUT", "User name"); // ready to type at once
    for (let n = 0; n < 3; n++) await keyboard.press("Tab");
    await focused("BUTTON", "Create an account");
    await keyboard.press("Enter");
    await focused("INPUT", "User name");
    const name = fresh("keys");
    await keyboard.type(name);
    await keyboard.press("Tab");
    await keyboard.type("Kay");
    await keyboard.press("Tab");
    await keyboard.type("correct horse");
    await keyboard.press("Enter");
    await window.connected();

    await keyboard.press("Tab");
    await focused("BUTTON", "New group");
    await keyboard.press("Tab");
    await focused("INPUT", "Find a person");
    await keyboard.type(ben.name);
    await window.page.getByRole("list", { name: "People found" }).getByRole("button").first().waitFor();
    await keyboard.press("ArrowDown");
    await focused("BUTTON", "Ben");
    await keyboard.press("Enter");
    await focused("TEXTAREA", "Write a message");
    await keyboard.type("Typed");
    await keyboard.press("Enter");
    await window.shows(["Typed"]);

    await keyboard.press("Escape");
    await window.page.getByText("Choose a conversation").waitFor();
    await focused("A", "Ben");
    await keyboard.press("Enter");
    await focused("TEXTAREA", "Write a message");
    await window.shows(["Typed"]);
    quiet(window);
  });

  test("everything that can be used has a name, and new messages are announced", async (t) => {
    const [ann, ben] = await couple(t);
    await ann.openDirect(ben.name);
    await ann.say("Hello");
    await ann.shows(["Hello"]);
    const nameless = await ann.page.evaluate(() => [...document.querySelectorAll("button, a, input, textarea")]
      .filter((element) => !(element.getAttribute("aria-label") || element.labels?.length || element.textContent.trim()))
      .map((element) => element.outerHTML));
    assert.deepEqual(nameless, []);
    await ann.page.locator("[role=log][aria-live=polite]").waitFor();
    await ann.page.locator("[role=status].link-state").waitFor();
  });
});

test("on a phone: one half at a time, and nothing wider than the screen", async (t) => {
  const window = await openWindow(browser, server, { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true });
  t.after(() => window.page.context().close());
  await window.register(fresh("phone"), "W".repeat(64));
  const other = await register(server, "other", { display_name: "x".repeat(64) });
  await window.openDirect(other.name);
  await window.say("w".repeat(400));
  await window.shows(["w".repeat(400)]);
  assert.equal(await window.page.getByRole("navigation").isVisible(), false);
  const wide = await window.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false);
  await window.page.getByRole("button", { name: "Search", exact: true }).click();
  await window.page.waitForFunction(() => document.activeElement.id === "search-messages");
  await window.page.keyboard.type("w*");
  await window.page.getByRole("list", { name: "Messages found" }).getByRole("link").waitFor();
  assert.equal(await window.page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
  await window.page.getByRole("list", { name: "Messages found" }).getByRole("link").click();
  await window.page.locator(".message.found").waitFor();
  await window.page.getByRole("link", { name: /Back/ }).click();
  await window.page.getByRole("searchbox", { name: "Search messages" }).press("Escape");
  await window.page.getByRole("navigation").getByRole("link").first().waitFor();
});
