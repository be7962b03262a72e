// Every limit of a client, with its default.

export interface Limits {
  /** For a connection until its `hello`. */
  connectMs: number;
  /** For a call until its answer, where the call does not say otherwise. */
  callMs: number;
  /** For an answer of the server after the machine may have slept. */
  wakeMs: number;
  /** For a request by HTTP. */
  requestMs: number;
  /** Before the second attempt; doubled with every one that fails. */
  firstWaitMs: number;
  longestWaitMs: number;
  /** Tokens are renewed so long before they expire. */
  renewEarlyMs: number;
  /** Events that wait for one who iterates. Over it the iteration ends with `too_slow`. */
  queuedEvents: number;
  /** So long after it was first sent the server may no longer know the id of what is unsent. */
  repeatDays: number;
}

export const LIMITS: Readonly<Limits> = {
  connectMs: 15_000,
  callMs: 30_000,
  wakeMs: 5_000,
  requestMs: 20_000,
  firstWaitMs: 300,
  longestWaitMs: 15_000,
  renewEarlyMs: 60_000,
  queuedEvents: 100_000,
  repeatDays: 7,
};
