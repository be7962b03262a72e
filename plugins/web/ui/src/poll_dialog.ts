// Asking a question: its options, and until when.

import { sentence } from "@parley/client";
import { el, setText } from "./dom.ts";
import type { NewPoll } from "./polls.ts";

const MOST = 20;
const HOUR = 3600;

export function openPollDialog(create: (poll: NewPoll) => Promise<unknown>): void {
  const question = el("input", { id: "poll-question", type: "text", maxlength: "500", autocomplete: "off" });
  const options = el("div", { class: "options", role: "group", "aria-label": "Options" });
  const more = el("button", { type: "button", class: "link" }, "Add an option");
  const several = el("input", { id: "poll-several", type: "checkbox" });
  const closes = el("select", { id: "poll-closes" },
    el("option", { value: "" }, "when I close it"),
    el("option", { value: String(HOUR) }, "in an hour"),
    el("option", { value: String(24 * HOUR) }, "in a day"),
    el("option", { value: String(7 * 24 * HOUR) }, "in a week"));
  const problem = el("p", { class: "problem", role: "alert" });
  const ask = el("button", { type: "submit", class: "primary" }, "Ask");
  const cancel = el("button", { type: "button" }, "Cancel");
  const form = el("form", { novalidate: true },
    el("h2", { id: "poll-title" }, "New poll"),
    el("div", { class: "field" }, el("label", { for: "poll-question" }, "Question"), question),
    options, more,
    el("div", {}, several, " ", el("label", { for: "poll-several" }, "More than one answer")),
    el("div", { class: "field" }, el("label", { for: "poll-closes" }, "It ends"), closes),
    problem,
    el("div", { class: "buttons" }, cancel, ask));
  const dialog = el("dialog", { "aria-labelledby": "poll-title" }, form);

  function add(): HTMLInputElement {
    const number = options.children.length + 1;
    const field = el("input", { type: "text", maxlength: "200", autocomplete: "off", "aria-label": `Option ${number}` });
    options.append(field);
    more.hidden = number >= MOST;
    return field;
  }

  function wanted(): NewPoll | string {
    const texts = [...options.querySelectorAll("input")].map((field) => field.value.trim()).filter(Boolean);
    if (!question.value.trim()) return "Write a question.";
    if (texts.length < 2) return "Write two options at least.";
    const poll: NewPoll = { question: question.value.trim(), options: texts, several: several.checked };
    if (closes.value) poll.closes_in_seconds = Number(closes.value);
    return poll;
  }

  more.addEventListener("click", () => add().focus());
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (ask.disabled) return;
    const poll = wanted();
    if (typeof poll === "string") return setText(problem, poll);
    ask.disabled = true;
    create(poll).then(() => dialog.close(), (reason: unknown) => {
      ask.disabled = false;
      setText(problem, sentence(reason));
    });
  });

  add();
  add();
  document.body.append(dialog);
  dialog.showModal();
  question.focus();
}
