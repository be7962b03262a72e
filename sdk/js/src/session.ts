// Who is logged in, and the tokens for it, renewed before they expire. The application says where they
// are kept; a refresh token that is used by two is, to the server, a theft, and ends the session.

import type { LoginParams, RegisterParams, Tokens } from "./api/auth-password.js";
import { Backoff } from "./backoff.js";
import type { Credentials } from "./credentials.js";
import { environment, type Environment } from "./environment.js";
import { ParleyError, isTemporary } from "./error.js";
import { LIMITS, type Limits } from "./limits.js";
import { rest } from "./rest.js";

export interface TokenStorage {
  load(): Tokens | undefined | Promise<Tokens | undefined>;
  save(tokens: Tokens): void | Promise<void>;
  clear(): void | Promise<void>;
}

export interface SessionOptions {
  /** Where the tokens outlive the program; in memory without it. */
  storage?: TokenStorage;
  environment?: Partial<Environment>;
  limits?: Partial<Limits>;
}

const USABLE_MS = 2_000; // a token that expires sooner is not given out
const LEAST_MS = 5_000; // between renewals
const WRONG_CLOCK_MS = 60_000; // between renewals where new tokens seem to have expired already
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export class Session implements Credentials {
  ended: ParleyError | undefined;
  private readonly environment: Environment;
  private readonly limits: Limits;
  private readonly backoff: Backoff;
  private readonly listeners = new Set<() => void>();
  private renewing: Promise<void> | undefined;
  private timer: unknown;

  private constructor(readonly url: string, private tokens: Tokens, private readonly options: SessionOptions) {
    this.environment = environment(options.environment);
    this.limits = { ...LIMITS, ...options.limits };
    this.backoff = new Backoff(this.environment.random, this.limits.firstWaitMs, this.limits.longestWaitMs);
    this.plan();
  }

  static async login(url: string, who: LoginParams, options: SessionOptions = {}): Promise<Session> {
    return Session.open(url, await ask(url, "login", who, options), options);
  }

  static async register(url: string, who: RegisterParams, options: SessionOptions = {}): Promise<Session> {
    return Session.open(url, await ask(url, "register", who, options), options);
  }

  /** With tokens from elsewhere. */
  static async open(url: string, tokens: Tokens, options: SessionOptions = {}): Promise<Session> {
    await options.storage?.save(tokens);
    return new Session(url, tokens, options);
  }

  /** What the storage holds, if anything. */
  static async restore(url: string, options: SessionOptions): Promise<Session | undefined> {
    const tokens = await options.storage?.load();
    return tokens && new Session(url, tokens, options);
  }

  get account(): string {
    return this.tokens.account;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async token(): Promise<string> {
    if (this.ended) throw this.ended;
    if (Date.parse(this.tokens.access_expires_at) - this.environment.now() < USABLE_MS) await this.renew();
    return this.tokens.access_token;
  }

  renew(): Promise<void> {
    if (this.ended) return Promise.reject(this.ended);
    this.renewing ??= this.exchange().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  async logout(): Promise<void> {
    const token = this.tokens.access_token;
    await this.end(new ParleyError("unauthenticated", "Logged out."));
    try {
      await ask(this.url, "logout", {}, this.options, token);
    } catch {
      // The tokens are forgotten here in any case; the session then ends by its expiry.
    }
  }

  /** Renews no more; what is stored stays. */
  close(): void {
    this.environment.clearTimeout(this.timer);
    this.timer = undefined;
    this.listeners.clear();
  }

  private async exchange(): Promise<void> {
    try {
      const tokens = await ask(this.url, "refresh", { refresh_token: this.tokens.refresh_token }, this.options);
      if (this.ended) throw this.ended;
      // Kept before it is used: with its first use the server takes the old one for stolen.
      await this.keep(tokens);
      this.tokens = tokens;
      this.backoff.reset();
      this.plan();
    } catch (problem) {
      if (this.ended) throw this.ended;
      if (!refused(problem)) {
        this.plan(this.backoff.next());
        throw problem;
      }
      throw await this.end(new ParleyError("unauthenticated", "Your session has ended. Please log in again."));
    }
    this.tell();
  }

  // Where it cannot be kept, this run of the program goes on all the same.
  private async keep(tokens: Tokens): Promise<void> {
    try {
      await this.options.storage?.save(tokens);
    } catch (problem) {
      console.warn("parley: the session is not stored:", problem);
    }
  }

  private plan(wait?: number): void {
    if (this.ended) return;
    this.environment.clearTimeout(this.timer);
    const left = Date.parse(this.tokens.access_expires_at) - this.environment.now();
    const early = Math.min(this.limits.renewEarlyMs, left / 3);
    const soonest = left > 0 ? LEAST_MS : WRONG_CLOCK_MS;
    this.timer = this.environment.setTimeout(() => {
      this.renew().catch(() => undefined); // planned again, or ended, by exchange()
    }, wait ?? Math.min(Math.max(soonest, left - early), LONGEST_TIMER_MS));
    (this.timer as { unref?(): void }).unref?.(); // it keeps no program from ending
  }

  private async end(why: ParleyError): Promise<ParleyError> {
    this.ended = why;
    this.environment.clearTimeout(this.timer);
    await this.options.storage?.clear();
    this.tell();
    return why;
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

// Only what the server says of the token itself ends a session.
function refused(problem: unknown): boolean {
  return problem instanceof ParleyError && !isTemporary(problem) &&
    ["wrong_token", "unauthenticated", "forbidden", "not_found", "invalid_params"].includes(problem.code);
}

function ask(url: string, what: string, body: object, options: SessionOptions, token?: string): Promise<Tokens> {
  const timeoutMs = options.limits?.requestMs ?? LIMITS.requestMs;
  return rest(environment(options.environment), "POST", `${url.replace(/\/$/, "")}/v1/auth/${what}`,
    { body, timeoutMs, isFirst: what === "login" || what === "register", ...(token === undefined ? {} : { token }) });
}
