// Something that can be looked at, and that says when it is another: what user interfaces are bound to
// (React's useSyncExternalStore takes `subscribe` and `snapshot` as they are).

export interface Store<T> {
  /** The same object until something has changed. */
  readonly snapshot: () => T;
  /** Gives what ends the subscription. */
  readonly subscribe: (listener: () => void) => () => void;
}

export class Source<T> implements Store<T> {
  private readonly listeners = new Set<() => void>();
  private held: { value: T } | undefined;

  constructor(private readonly read: () => T) {}

  readonly snapshot = (): T => (this.held ??= { value: this.read() }).value;

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = (): void => listener(); // the same listener twice is two subscriptions
    this.listeners.add(own);
    return () => void this.listeners.delete(own);
  };

  changed(): void {
    this.held = undefined;
    for (const listener of [...this.listeners]) listener();
  }
}
