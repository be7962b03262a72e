// An error of the server, or of the way to it.

export class ParleyError extends Error {
  constructor(
    /** Stable: what a program decides by. */
    readonly code: string,
    message: string,
    /** The same call may work later, not before `retryAfterMs`. */
    readonly temporary: boolean = false,
    readonly retryAfterMs: number = 0,
    /** A JSON Pointer into the parameters. */
    readonly field: string = "",
  ) {
    super(message);
    this.name = "ParleyError";
  }

  static from(body: unknown): ParleyError {
    const e = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
    return new ParleyError(
      typeof e.code === "string" ? e.code : "internal",
      typeof e.message === "string" ? e.message : "The server did not say what went wrong.",
      e.temporary === true,
      typeof e.retry_after_ms === "number" ? e.retry_after_ms : 0,
      typeof e.field === "string" ? e.field : "",
    );
  }
}

/** Nothing was sent, or what was sent may be sent again. */
export function unreachable(): ParleyError {
  return new ParleyError("unreachable", "The server cannot be reached. Try again in a moment.", true);
}

/** Trying again does not help. */
export function noServer(url: string): ParleyError {
  return new ParleyError("no_server", `There is no Parley server at ${url}; such as https://chat.example.`);
}

/** It was sent, and the connection went before the answer. */
export function unanswered(): ParleyError {
  return new ParleyError("unanswered",
    "The connection was lost before the server answered. Look whether it happened before trying again.");
}

export function closed(): ParleyError {
  return new ParleyError("closed", "The client was closed.");
}

/** For people. */
export function sentence(problem: unknown): string {
  return problem instanceof Error ? problem.message : "Something went wrong.";
}

export function isTemporary(problem: unknown): boolean {
  return problem instanceof ParleyError && problem.temporary;
}
