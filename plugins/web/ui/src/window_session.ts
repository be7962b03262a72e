// Who is logged in in this window.
//
// The tokens live in sessionStorage: a reload stays logged in, and two windows can be two people. Every window
// thus has a session and a chain of refresh tokens of its own. Shared between windows, as localStorage
// would be, two of them would use the same refresh token, which looks to the server like a theft.

import type { TokenStorage, Tokens } from "@parley/client";

const KEY = "parley.session";

export const windowSession: TokenStorage = {
  // What was left by this window before a reload. A window that was duplicated carries a copy of the
  // other's session: the lock tells them apart, and the copy has to log in for itself.
  async load() {
    const tokens = read();
    if (!tokens) return undefined;
    if (await claim(tokens.session)) return tokens;
    sessionStorage.removeItem(KEY);
    return undefined;
  },
  save(tokens) {
    sessionStorage.setItem(KEY, JSON.stringify(tokens));
    void claim(tokens.session);
  },
  clear() {
    sessionStorage.removeItem(KEY);
  },
};

function read(): Tokens | undefined {
  try {
    const tokens = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Tokens | null;
    return tokens?.refresh_token && tokens.account ? tokens : undefined;
  } catch {
    return undefined;
  }
}

const claimed = new Set<string>();

// Holds the session's lock for as long as this page lives. A reload may overlap with the page that it
// replaces, so it is given a moment. Without locks (plain http, but not localhost) nothing is checked.
function claim(session: string): Promise<boolean> {
  if (!navigator.locks || claimed.has(session)) return Promise.resolve(true);
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), 2_000);
  return new Promise((resolve) => {
    navigator.locks
      .request(`parley.session.${session}`, { signal: giveUp.signal }, () => {
        clearTimeout(timer);
        claimed.add(session);
        resolve(true);
        return new Promise(() => undefined);
      })
      .catch(() => resolve(false));
  });
}
