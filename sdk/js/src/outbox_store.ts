// Where what is unsent outlives the program: IndexedDB in a browser, memory elsewhere, or what the
// application gives.

export interface Entry<P = any, R = any> {
  id: string; // made here; the key by which the server knows a repeat
  lane: string; // within it, one at a time and in order
  order: number;
  method: string;
  params: P;
  at: string;
  /** When it first went out: for so long the server knows its id. */
  sentAt?: string | undefined;
  state: "sending" | "waiting" | "refused"; // waiting: failed for now, is tried again by itself
  code?: string | undefined;
  reason?: string | undefined;
  /** Only in types: what the server answers. */
  readonly result?: R;
}

export interface OutboxStore {
  load(): Promise<Entry[]>;
  put(entry: Entry): Promise<void>;
  remove(id: string): Promise<void>;
}

export class MemoryOutboxStore implements OutboxStore {
  private readonly entries = new Map<string, Entry>();

  async load(): Promise<Entry[]> {
    return [...this.entries.values()].map((entry) => ({ ...entry }));
  }

  async put(entry: Entry): Promise<void> {
    this.entries.set(entry.id, { ...entry });
  }

  async remove(id: string): Promise<void> {
    this.entries.delete(id);
  }
}

const DATABASE = "parley-outbox";
const TABLE = "entries";

export class IndexedDbOutboxStore implements OutboxStore {
  private readonly database: Promise<IDBDatabase>;

  /** `owner`: the account, and where several servers are spoken to, which. */
  constructor(private readonly owner: string) {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE, { keyPath: ["owner", "id"] });
    this.database = done(opening);
    this.database.catch(() => undefined); // each use says so
  }

  async load(): Promise<Entry[]> {
    const range = IDBKeyRange.bound([this.owner], [this.owner, []]); // arrays come after all strings
    const rows = await this.use<Entry[]>("readonly", (table) => table.getAll(range));
    return rows.map(({ owner: _, ...entry }: Entry & { owner?: string }) => entry);
  }

  async put(entry: Entry): Promise<void> {
    await this.use("readwrite", (table) => table.put({ ...entry, owner: this.owner }));
  }

  async remove(id: string): Promise<void> {
    await this.use("readwrite", (table) => table.delete([this.owner, id]));
  }

  private async use<T>(mode: IDBTransactionMode, ask: (table: IDBObjectStore) => IDBRequest): Promise<T> {
    const transaction = (await this.database).transaction(TABLE, mode);
    const asked = ask(transaction.objectStore(TABLE));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    return asked.result as T;
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export function outboxStore(owner: string): OutboxStore {
  return typeof indexedDB === "undefined" ? new MemoryOutboxStore() : new IndexedDbOutboxStore(owner);
}
