// Where a message is written. Enter sends, Shift+Enter begins a line.

import { el } from "./dom.ts";

const LONGEST = 4000;
const drafts = new Map<string, string>(); // what was begun in each conversation, while the page lives

export interface Composer {
  element: HTMLElement;
  focus(): void;
}

export function composer(conversation: string, send: (text: string) => void, writing: () => void): Composer {
  const field = el("textarea", {
    id: "composer", rows: "1", placeholder: "Write a message", "aria-label": "Write a message",
    maxlength: String(LONGEST), dir: "auto", enterkeyhint: "send",
  });
  const button = el("button", { type: "submit", class: "primary send" }, "Send");
  const form = el("form", { class: "composer" }, field, button);
  field.value = drafts.get(conversation) ?? "";

  function changed(): void {
    drafts.set(conversation, field.value);
    button.disabled = field.value.trim() === "";
    // Grows with its text (a rule of the style sheet ends it).
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
  }

  function submit(): void {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    changed();
    send(text);
  }

  field.addEventListener("input", () => {
    changed();
    if (field.value.trim()) writing();
  });
  field.addEventListener("keydown", (event) => {
    // While a word is being composed (IME), Enter accepts it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
    field.focus();
  });
  queueMicrotask(changed);
  return { element: form, focus: () => field.focus() };
}
