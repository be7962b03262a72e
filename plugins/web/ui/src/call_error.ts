// An error of the server, or of the way to it.

export class CallError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly temporary: boolean = false,
    readonly retryAfterMs: number = 0,
    readonly field: string = "",
  ) {
    super(message);
    this.name = "CallError";
  }

  static from(body: unknown): CallError {
    const e = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
    return new CallError(
      typeof e.code === "string" ? e.code : "internal",
      typeof e.message === "string" ? e.message : "The server did not say what went wrong.",
      e.temporary === true,
      typeof e.retry_after_ms === "number" ? e.retry_after_ms : 0,
      typeof e.field === "string" ? e.field : "",
    );
  }
}

export function unreachable(): CallError {
  return new CallError("unreachable", "The server cannot be reached. Try again in a moment.", true);
}

export function sentence(problem: unknown): string {
  return problem instanceof Error ? problem.message : "Something went wrong.";
}
