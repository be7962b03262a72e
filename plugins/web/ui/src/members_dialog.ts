// Who is in a group: seen by everybody in it, changed by its owner; and the way out.

import { avatar, paintAvatar } from "./avatar.ts";
import { sentence } from "@parley/client";
import type { Chat, Chats } from "./chats.ts";
import { arrange, el, setText } from "./dom.ts";
import { peopleSearch } from "./people_search.ts";
import type { Member } from "./types.ts";

interface Row {
  item: HTMLElement;
  paint(member: Member, owned: boolean): void;
}

export class MembersDialog {
  private readonly rows = new Map<string, Row>();
  private readonly list = el("ul", { class: "members", "aria-label": "Members" });
  private readonly news = el("p", { class: "note", role: "status" });
  private readonly problem = el("p", { class: "problem", role: "alert" });
  private readonly done = el("button", { type: "button", class: "primary" }, "Done");
  private readonly leave = el("button", { type: "button" }, "Leave group");
  private readonly warning = el("p", { id: "leave-warning" });
  private readonly adding: HTMLElement;
  private readonly dialog: HTMLDialogElement;

  constructor(private readonly chats: Chats, private readonly chat: Chat) {
    const people = peopleSearch("member-people", "Add people by user name", (name) => chats.find(name),
      ({ id, display_name }) => {
        people.clear();
        people.field.focus();
        if (chat.members.has(id)) this.say(`${display_name} is in the group already.`);
        else this.attempt(chats.addMember(chat, id), `${display_name} was added.`);
      });
    this.adding = el("div", { class: "field" }, el("label", { for: "member-people" }, "Add"), people.field,
      people.results);
    this.dialog = el("dialog", { "aria-labelledby": "members-title" },
      el("div", { class: "sheet" },
        el("h2", { id: "members-title" }, "People in this group"),
        this.list, this.adding, this.news, this.problem, this.exit()));
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.done.addEventListener("click", () => this.close());
    this.paint();
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.done.focus();
  }

  close(): void {
    this.dialog.close();
  }

  paint(): void {
    const { members } = this.chat;
    const owned = members.get(this.chats.me)?.role === "owner";
    this.adding.hidden = !owned;
    setText(this.warning, owned
      ? "You are the owner: without you nobody can add or remove people, and nobody can bring you back."
      : "You will not see this group any more, unless its owner adds you again.");
    arrange(this.list, [...members.values()].map((member) => {
      const row = this.row(member.account);
      row.paint(member, owned);
      return row.item;
    }));
  }

  // Leaving cannot be taken back by who left, so it asks once more.
  private exit(): HTMLElement {
    const buttons = el("div", { class: "buttons" }, this.leave, this.done);
    const stay = el("button", { type: "button" }, "Stay");
    const go = el("button", { type: "button", class: "danger", "aria-describedby": "leave-warning" }, "Leave");
    const question = el("div", { class: "question" }, this.warning, el("div", { class: "buttons" }, stay, go));
    const ask = (asking: boolean): void => {
      question.hidden = !asking;
      buttons.hidden = asking;
    };
    this.leave.addEventListener("click", () => {
      ask(true);
      stay.focus();
    });
    stay.addEventListener("click", () => {
      ask(false);
      this.leave.focus();
    });
    go.addEventListener("click", () => {
      go.disabled = true;
      this.chats.leave(this.chat).then(() => {
        this.close();
        location.hash = "";
      }, (reason: unknown) => {
        go.disabled = false;
        setText(this.problem, sentence(reason));
      });
    });
    ask(false);
    return el("div", {}, buttons, question);
  }

  private attempt(change: Promise<void>, success: string): void {
    this.say("");
    change.then(() => this.say(success), (reason: unknown) => setText(this.problem, sentence(reason)));
  }

  private say(what: string): void {
    setText(this.news, what);
    setText(this.problem, "");
  }

  private row(account: string): Row {
    let row = this.rows.get(account);
    if (!row) this.rows.set(account, (row = this.build(account)));
    return row;
  }

  private build(account: string): Row {
    const face = avatar();
    const name = el("bdi", { class: "person-name" });
    const role = el("span", { class: "role" });
    const remove = el("button", { type: "button" }, "Remove");
    const item = el("li", {}, face, name, role, remove);
    remove.addEventListener("click", () => {
      const next = item.nextElementSibling ?? item.previousElementSibling;
      const stop = next?.querySelector<HTMLElement>("button:not([hidden])") ?? this.done;
      stop.focus();
      this.attempt(this.chats.removeMember(this.chat, account), `${name.textContent} was removed.`);
    });
    const paint = (member: Member, owned: boolean): void => {
      const shown = this.chats.names.name(account);
      const me = account === this.chats.me;
      paintAvatar(face, account, shown);
      setText(name, me ? `${shown} (you)` : shown);
      setText(role, member.role === "owner" ? "owner" : "");
      remove.setAttribute("aria-label", `Remove ${shown}`);
      remove.hidden = !owned || me;
    };
    return { item, paint };
  }
}
