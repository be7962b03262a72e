// Who is logged in in this window, and the tokens for it.
//
// They live in sessionStorage: a reload stays logged in, and two windows can be two people. Every window
// thus has a session and a chain of refresh tokens of its own. Shared between windows, as localStorage
// would be, two of them would use the same refresh token, which looks to the server like a theft.

import { Backoff } from "./backoff.ts";
import { CallError } from "./call_error.ts";
import { rest } from "./rest.ts";
import type { Tokens } from "./types.ts";

const KEY = "parley.session";
const EARLY_MS = 60_000; // refreshed this long before it expires
const LEAST_MS = 5_000; // between refreshes, however wrong this machine's clock is

export class Session {
  private refreshing: Promise<void> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly backoff = new Backoff();
  private over = false;

  private constructor(
    private tokens: Tokens,
    private readonly ended: (why: string) => void,
    private readonly renewed: () => void,
  ) {
    this.plan();
  }

  get account(): string {
    return this.tokens.account;
  }

  static open(tokens: Tokens, ended: (why: string) => void, renewed: () => void): Session {
    store(tokens);
    return new Session(tokens, ended, renewed);
  }

  // What was left by this window before a reload. A window that was duplicated carries a copy of the
  // other's session: the lock tells them apart, and the copy has to log in for itself.
  static async stored(): Promise<Tokens | undefined> {
    const tokens = read();
    if (!tokens) return undefined;
    if (await claim(tokens.session)) return tokens;
    sessionStorage.removeItem(KEY);
    return undefined;
  }

  // A token that is good for the next request at least.
  async token(): Promise<string> {
    if (Date.parse(this.tokens.access_expires_at) - Date.now() < 2_000) await this.refresh();
    return this.tokens.access_token;
  }

  refresh(): Promise<void> {
    this.refreshing ??= this.exchange().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  async logout(): Promise<void> {
    const token = this.tokens.access_token;
    this.stop();
    try {
      await rest("POST", "/v1/auth/logout", {}, token);
    } catch {
      // The window forgets its tokens in any case; the session then ends by its expiry.
    }
  }

  // The server knows it no more.
  forget(): void {
    this.stop();
  }

  private async exchange(): Promise<void> {
    try {
      const tokens = await rest<Tokens>("POST", "/v1/auth/refresh", {
        refresh_token: this.tokens.refresh_token,
      });
      if (this.over) return;
      this.tokens = tokens;
      this.backoff.reset();
      store(tokens);
      this.plan();
      this.renewed();
    } catch (problem) {
      if (problem instanceof CallError && !problem.temporary && problem.code !== "internal") {
        this.stop();
        this.ended("Your session has ended. Please log in again.");
      } else {
        this.plan(this.backoff.next());
      }
      throw problem;
    }
  }

  private plan(wait?: number): void {
    if (this.over) return;
    clearTimeout(this.timer);
    const left = Date.parse(this.tokens.access_expires_at) - Date.now();
    const early = Math.min(EARLY_MS, left / 3);
    this.timer = setTimeout(() => {
      this.refresh().catch(() => undefined); // planned again, or ended, by exchange()
    }, wait ?? Math.min(Math.max(LEAST_MS, left - early), 2 ** 31 - 1));
  }

  private stop(): void {
    this.over = true;
    clearTimeout(this.timer);
    sessionStorage.removeItem(KEY);
  }
}

function store(tokens: Tokens): void {
  sessionStorage.setItem(KEY, JSON.stringify(tokens));
  void claim(tokens.session);
}

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
