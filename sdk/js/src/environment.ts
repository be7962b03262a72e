// What a client needs of where it runs. Each may be given: Node 18 has no WebSocket, and tests have a
// clock of their own.

export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export interface Environment {
  WebSocket: WebSocketConstructor;
  fetch: typeof fetch;
  now(): number;
  random(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** Calls `wake` when the machine may have slept, or the network may be back. Gives what ends that. */
  onWake(wake: () => void): () => void;
}

export function environment(given: Partial<Environment> = {}): Environment {
  return {
    WebSocket: given.WebSocket ?? (globalThis.WebSocket as unknown as WebSocketConstructor | undefined) ?? missing,
    fetch: given.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    now: given.now ?? (() => Date.now()),
    random: given.random ?? Math.random,
    setTimeout: given.setTimeout ?? ((run, ms) => setTimeout(run, ms)),
    clearTimeout: given.clearTimeout ?? ((timer) => clearTimeout(timer as number | undefined)),
    onWake: given.onWake ?? onWake,
  };
}

const missing = class {
  constructor() {
    throw new Error("There is no WebSocket here: give one as { WebSocket }, such as npm's ws.");
  }
} as unknown as WebSocketConstructor;

function onWake(wake: () => void): () => void {
  if (typeof window === "undefined" || typeof document === "undefined") return () => undefined;
  const seen = (): void => {
    if (document.visibilityState === "visible") wake();
  };
  window.addEventListener("online", wake);
  document.addEventListener("visibilitychange", seen);
  return () => {
    window.removeEventListener("online", wake);
    document.removeEventListener("visibilitychange", seen);
  };
}
