// Debian's Chromium, driven by playwright-core.

import fs from "node:fs";
import { chromium } from "playwright-core";
import { FrameJudge, judgeResponse } from "./documents.mjs";

export const WAIT_MS = 60_000;

export async function openBrowser() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!fs.existsSync(executablePath)) throw new Error(`no Chromium at ${executablePath}: install the package chromium`);
  return await chromium.launch({
    executablePath,
    args: [
      "--no-sandbox", // a container's root has no other way
      "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
      // Nothing but the server under test is talked to.
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
}

async function judgeOf(response) {
  if (!new URL(response.url()).pathname.startsWith("/v1/")) return;
  const body = await response.json().catch(() => undefined); // the page may have gone on without it
  if (body === undefined) return;
  await judgeResponse(response.url(), response.request().method(), response.status(), response.headers()["content-type"], body);
}

// A window of its own, as another person's machine would be, and all that it complained about.
export async function openWindow(browser, server, options = {}) {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const complaints = [];
  page.on("pageerror", (problem) => complaints.push(`error: ${problem.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    if (/Content Security Policy|content-security-policy/i.test(message.text())) complaints.push(message.text());
  });
  page.on("websocket", (socket) => {
    const judge = new FrameJudge(socket.url());
    socket.on("framesent", ({ payload }) => judge.sent(payload));
    socket.on("framereceived", ({ payload }) => judge.received(JSON.parse(payload)));
  });
  page.on("response", (response) => void judgeOf(response));
  await page.goto(server.url);
  return new Window(page, complaints);
}

// What a person does with the page, by the names that it gives things.
export class Window {
  constructor(page, complaints) {
    this.page = page;
    this.complaints = complaints;
  }

  async register(name, shown) {
    const { page } = this;
    await page.getByRole("button", { name: /Create an account/ }).click();
    await page.getByLabel("User name").fill(name);
    if (shown) await page.getByLabel("Display name").fill(shown);
    await page.getByLabel("Password").fill("correct horse");
    await page.getByRole("button", { name: "Create account" }).click();
    await this.connected();
  }

  connected() {
    return this.page.locator(".link-state.live").waitFor();
  }

  async openDirect(name) {
    const { page } = this;
    await page.getByRole("searchbox", { name: /Find a person/ }).fill(name);
    await page.getByRole("list", { name: "People found" }).getByRole("button").first().click();
    await this.composer().waitFor();
  }

  composer() {
    return this.page.getByRole("textbox", { name: "Write a message" });
  }

  async say(text) {
    await this.composer().fill(text);
    await this.composer().press("Enter");
  }

  messages() {
    return this.page.getByRole("log").locator(".message:not(.unsent) .text");
  }

  // Waits until the conversation holds exactly these, stored and in this order.
  async shows(texts) {
    await this.page.waitForFunction((wanted) => {
      const rows = [...document.querySelectorAll("[role=log] .message:not(.unsent) .text")];
      return JSON.stringify(rows.map((row) => row.textContent)) === wanted &&
        !document.querySelector("[role=log] .unsent");
    }, JSON.stringify(texts)).catch(async (problem) => {
      throw new Error(`the page shows ${JSON.stringify(await this.messages().allTextContents())}, not ` +
        `${JSON.stringify(texts)}: ${problem.message}`);
    });
  }
}
