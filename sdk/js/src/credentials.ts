// What a client needs to be somebody. `Session` is one; a bot with a token of its own writes
// { url, token: async () => "…" }.

import type { ParleyError } from "./error.js";

export interface Credentials {
  /** Of the server, such as https://chat.example. */
  readonly url: string;
  /** Whose they are, where it is known before the server says so. */
  readonly account?: string;
  /** Why they are good no more. */
  readonly ended?: ParleyError | undefined;
  /** A token that is good now. Throws a temporary error where the server cannot be reached. */
  token(): Promise<string>;
  /** The server refused the token. Throws where there can be no other. */
  renew?(): Promise<void>;
  /** Calls `listener` when there is a new token, or when they have ended. */
  subscribe?(listener: () => void): () => void;
}
