import type { OutgoingMessage } from './outgoing.js';
import type { KeyValueStorage } from './storage.js';

/** An unsent message as it is kept. */
export interface ShelvedMessage {
  readonly message: OutgoingMessage;
  /** Epoch milliseconds. */
  readonly queuedAt: number;
}

type Change = (kept: ShelvedMessage[]) => ShelvedMessage[];

/** Keeps one user's unsent messages in a storage, in order. Another client on the same storage may do so too. */
export class OutboxShelf {
  private changes: Change[] = [];
  private writing?: Promise<void>;
  private busy = false;

  constructor(
    private readonly storage: KeyValueStorage,
    private readonly key: string,
  ) {}

  /** What is not readable as our own writing counts as nothing. */
  async load(): Promise<ShelvedMessage[]> {
    return parse(await this.storage.get(this.key));
  }

  /** Resolves when it is kept. */
  add(entry: ShelvedMessage): Promise<void> {
    return this.change((kept) => [...kept.filter((other) => !isSame(other, entry.message)), entry]);
  }

  remove(message: OutgoingMessage): Promise<void> {
    return this.change((kept) => kept.filter((other) => !isSame(other, message)));
  }

  private async change(change: Change): Promise<void> {
    this.changes.push(change);
    // Whoever is writing takes this change along, before he resolves.
    if (this.busy) return this.writing;
    this.busy = true;
    this.writing = this.write();
    return this.writing;
  }

  private async write(): Promise<void> {
    try {
      while (this.changes.length > 0) {
        const read = this.storage.get(this.key);
        // A storage that answers at once is read and written without a pause, so that no other tab comes between.
        const stored = read instanceof Promise ? await read : read;
        const kept = this.changes.splice(0).reduce((all, change) => change(all), parse(stored));
        const written =
          kept.length > 0 ? this.storage.set(this.key, JSON.stringify(kept)) : this.storage.remove(this.key);
        if (written instanceof Promise) await written;
      }
    } finally {
      this.busy = false;
    }
  }
}

const isSame = (entry: ShelvedMessage, { clientMsgId }: OutgoingMessage): boolean =>
  entry.message.clientMsgId === clientMsgId;

function parse(stored: string | null): ShelvedMessage[] {
  try {
    const kept: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(kept) ? kept.filter(isShelved) : [];
  } catch {
    return [];
  }
}

const isShelved = (entry: unknown): entry is ShelvedMessage =>
  typeof (entry as ShelvedMessage | null)?.message?.clientMsgId === 'string';
