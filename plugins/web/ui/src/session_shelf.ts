// What is still to be sent, kept over a reload of this window.

import type { Shelf } from "./outbox.ts";

export function sessionShelf(account: string): Shelf {
  const key = `parley.unsent.${account}`;
  return {
    load() {
      try {
        return JSON.parse(sessionStorage.getItem(key) ?? "[]");
      } catch {
        return [];
      }
    },
    save(entries) {
      if (entries.length > 0) sessionStorage.setItem(key, JSON.stringify(entries));
      else sessionStorage.removeItem(key);
    },
  };
}
