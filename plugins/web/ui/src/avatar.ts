import { el, setText } from "./dom.ts";

const HUES = 8;

export function avatar(): HTMLElement {
  return el("span", { class: "avatar", "aria-hidden": "true" });
}

// A letter on a colour that stays the same for the same person or group.
export function paintAvatar(element: HTMLElement, key: string, name: string): void {
  let sum = 0;
  for (const unit of key) sum = (sum * 31 + unit.codePointAt(0)!) >>> 0;
  element.className = `avatar hue-${sum % HUES}`;
  const letter = [...name.trim()][0];
  setText(element, letter && letter !== "…" ? letter.toLocaleUpperCase() : "");
}
