// One poll among the messages: its options to choose from, and how many chose each.

import { sentence } from "@parley/client";
import type { Chats } from "./chats.ts";
import { el, setText } from "./dom.ts";
import type { Poll } from "./types.ts";

interface Row {
  input: HTMLInputElement;
  votes: HTMLElement;
  share: HTMLProgressElement;
}

export class PollCard {
  private readonly rows: Row[];
  private readonly state = el("p", { class: "meta", "aria-live": "off" });
  private readonly back = el("button", { type: "button", class: "link" }, "Take my vote back");
  private readonly end = el("button", { type: "button", class: "link" }, "Close the poll");
  private readonly problem = el("p", { class: "problem", role: "alert" });
  private readonly fields: HTMLFieldSetElement;
  readonly element: HTMLElement;

  constructor(private readonly chats: Chats, private readonly poll: Poll) {
    this.rows = poll.options.map(() => ({
      input: el("input", { type: poll.several ? "checkbox" : "radio", name: `poll ${poll.id}` }),
      votes: el("span", { class: "votes", "aria-live": "off" }),
      share: el("progress", { max: "1", "aria-hidden": "true" }),
    }));
    this.fields = el("fieldset", {}, el("legend", { dir: "auto" }, poll.question),
      ...this.rows.map(({ input, votes, share }, i) => {
        input.addEventListener("change", () => this.vote());
        return el("label", {}, input, el("bdi", {}, poll.options[i]!), votes, share);
      }));
    this.back.addEventListener("click", () => this.attempt(chats.polls.vote(poll, [])));
    this.end.addEventListener("click", () => this.attempt(chats.polls.close(poll)));
    this.element = el("li", { class: "poll" }, this.fields, this.state,
      el("span", { class: "buttons" }, this.back, this.end), this.problem);
  }

  paint(): void {
    const { poll } = this;
    const chosen = this.chats.polls.choice(poll);
    this.fields.disabled = !poll.open;
    this.rows.forEach(({ input, votes, share }, i) => {
      const count = poll.counts[i] ?? 0;
      input.checked = chosen.includes(i + 1);
      setText(votes, count === 1 ? "1 vote" : `${count} votes`);
      share.value = poll.voters > 0 ? count / poll.voters : 0;
    });
    const who = poll.by === this.chats.me ? "You" : this.chats.names.name(poll.by);
    const until = poll.closes_at ? ` · until ${new Date(poll.closes_at).toLocaleString()}` : "";
    setText(this.state, `${who} · ${poll.voters} voted · ${poll.open ? `open${until}` : "closed"}`);
    this.back.hidden = !poll.open || chosen.length === 0;
    this.end.hidden = !poll.open || poll.by !== this.chats.me;
  }

  private vote(): void {
    const choice = this.rows.flatMap(({ input }, i) => (input.checked ? [i + 1] : []));
    this.attempt(this.chats.polls.vote(this.poll, choice));
  }

  private attempt(change: Promise<void>): void {
    setText(this.problem, "");
    change.catch((reason: unknown) => setText(this.problem, sentence(reason)));
  }
}
