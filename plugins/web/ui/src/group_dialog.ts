// Making a group: a name, and people.

import { sentence } from "@parley/client";
import { arrange, el, setText } from "./dom.ts";
import { peopleSearch } from "./people_search.ts";
import type { Profile } from "./types.ts";

export function openGroupDialog(
  find: (name: string) => Promise<Profile[]>,
  make: (name: string, members: string[]) => Promise<void>,
): void {
  const chosen = new Map<string, Profile>();
  const name = el("input", { id: "group-name", type: "text", maxlength: "100", autocomplete: "off" });
  const list = el("ul", { class: "chosen", "aria-label": "People in the group" });
  const problem = el("p", { class: "problem", role: "alert" });
  const create = el("button", { type: "submit", class: "primary" }, "Create group");
  const cancel = el("button", { type: "button" }, "Cancel");
  const people = peopleSearch("group-people", "Add people by user name", find, (profile) => {
    chosen.set(profile.id, profile);
    people.clear();
    paint();
    people.field.focus();
  });
  const form = el("form", { novalidate: true },
    el("h2", { id: "group-title" }, "New group"),
    el("div", { class: "field" }, el("label", { for: "group-name" }, "Name"), name),
    el("div", { class: "field" }, el("label", { for: "group-people" }, "People"), people.field,
      people.results, list),
    problem,
    el("div", { class: "buttons" }, cancel, create));
  const dialog = el("dialog", { "aria-labelledby": "group-title" }, form);

  function paint(): void {
    arrange(list, [...chosen.values()].map((profile) => {
      const remove = el("button", { type: "button", "aria-label": `Remove ${profile.display_name}` }, "×");
      remove.addEventListener("click", () => {
        chosen.delete(profile.id);
        paint();
        people.field.focus();
      });
      return el("li", {}, el("bdi", {}, profile.display_name), remove);
    }));
  }

  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (create.disabled) return;
    if (!name.value.trim()) {
      setText(problem, "Give the group a name.");
      name.focus();
      return;
    }
    create.disabled = true;
    make(name.value.trim(), [...chosen.keys()]).then(
      () => dialog.close(),
      (reason: unknown) => {
        create.disabled = false;
        setText(problem, sentence(reason));
      });
  });

  document.body.append(dialog);
  dialog.showModal();
  name.focus();
}
