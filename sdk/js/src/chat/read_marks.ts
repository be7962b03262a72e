// Up to which number each conversation was read on this device.

export interface MarkStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

export class ReadMarks {
  private readonly key: string;
  private marks: Record<string, number>;

  constructor(account: string, private readonly storage?: MarkStorage) {
    this.key = `parley.read.${account}`;
    this.marks = this.stored();
  }

  get(conversation: string): number {
    return this.marks[conversation] ?? 0;
  }

  set(conversation: string, seq: number): boolean {
    if (seq <= this.get(conversation)) return false;
    // Another window of the same person may have read on in the meantime.
    this.marks = { ...this.stored(), ...this.marks, [conversation]: seq };
    this.storage?.setItem(this.key, JSON.stringify(this.marks));
    return true;
  }

  private stored(): Record<string, number> {
    try {
      return (JSON.parse(this.storage?.getItem(this.key) ?? "{}") ?? {}) as Record<string, number>;
    } catch {
      return {};
    }
  }
}
