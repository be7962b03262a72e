// Finding people by the beginning of their user name: a field, and a list of buttons that follows it.

import { avatar, paintAvatar } from "./avatar.ts";
import { sentence } from "@parley/client";
import { arrange, el, setText } from "./dom.ts";
import type { Profile } from "./types.ts";

const PAUSE_MS = 180;

export interface PeopleSearch {
  field: HTMLInputElement;
  results: HTMLElement; // hidden while the field is empty
  clear(): void;
}

export function peopleSearch(
  id: string,
  label: string,
  find: (name: string) => Promise<Profile[]>,
  choose: (profile: Profile) => void,
): PeopleSearch {
  const field = el("input", {
    id, type: "search", placeholder: label, "aria-label": label, autocomplete: "off",
    autocapitalize: "none", spellcheck: "false", maxlength: "32",
  });
  const list = el("ul", { class: "people", "aria-label": "People found" });
  const note = el("p", { class: "note", role: "status" });
  const results = el("div", { class: "results" }, list, note);
  results.hidden = true;
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function search(): Promise<void> {
    const name = field.value.trim().toLowerCase();
    const turn = ++asked;
    results.hidden = name === "";
    if (name === "") return;
    try {
      const people = await find(name);
      if (turn !== asked) return;
      arrange(list, people.map((profile) => row(profile, choose)));
      setText(note, people.length === 0 ? `Nobody’s user name begins with “${name}”.` : "");
    } catch (problem) {
      if (turn === asked) setText(note, sentence(problem));
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void search(), PAUSE_MS);
  });
  field.addEventListener("keydown", (event) => {
    const first = list.querySelector("button");
    if (event.key === "Escape" && field.value) {
      event.preventDefault();
      clear();
    } else if (event.key === "ArrowDown" && first) {
      event.preventDefault();
      first.focus();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (list.childElementCount === 1) first?.click();
    }
  });
  moveWithArrows(list, () => field.focus());

  function clear(): void {
    clearTimeout(timer);
    asked += 1;
    field.value = "";
    results.hidden = true;
    arrange(list, []);
    setText(note, "");
  }
  return { field, results, clear };
}

// Arrow keys walk over the buttons and links of a list; above the first one is `before`.
export function moveWithArrows(list: HTMLElement, before?: () => void): void {
  list.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [...list.querySelectorAll<HTMLElement>("button, a")];
    const at = stops.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    event.preventDefault();
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    if (next < 0) before?.();
    else stops[next]?.focus();
  });
}

function row(profile: Profile, choose: (profile: Profile) => void): HTMLElement {
  const face = avatar();
  paintAvatar(face, profile.id, profile.display_name);
  const button = el("button", { type: "button", class: "person" }, face,
    el("span", { class: "person-names" },
      el("bdi", { class: "person-name" }, profile.display_name),
      profile.name ? el("bdi", { class: "person-handle" }, `@${profile.name}`) : undefined));
  button.addEventListener("click", () => choose(profile));
  return el("li", {}, button);
}
