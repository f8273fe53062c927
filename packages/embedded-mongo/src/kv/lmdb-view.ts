import type { RootDatabase, Transaction } from 'lmdb';
import { unseal } from './checksum.js';
import type { KeyRange, KvEntry, KvView } from './view.js';

interface ReadOptions {
  readonly transaction: Transaction;
}

/** lmdb's declarations leave out the options of the binary reads. */
interface BinaryReads {
  getBinary(key: Buffer, options?: ReadOptions): Buffer | undefined;
  getBinaryFast(key: Buffer, options?: ReadOptions): Buffer | undefined;
}

/** What is on disk. Throws DamagedData rather than give a value that was not written. */
export class LmdbView implements KvView {
  private readonly db: RootDatabase<Buffer, Buffer> & BinaryReads;
  private readonly options: ReadOptions | undefined;

  constructor(
    db: RootDatabase<Buffer, Buffer>,
    private readonly onDamage: (error: Error) => void,
    /** The state to read; without one, the latest. */
    transaction?: Transaction,
  ) {
    this.db = db as RootDatabase<Buffer, Buffer> & BinaryReads;
    this.options = transaction && { transaction };
  }

  get(key: Buffer): Buffer | undefined {
    const bytes = this.db.getBinary(key, this.options);
    return bytes && this.checked(key, bytes, bytes.length);
  }

  peek(key: Buffer): Buffer | undefined {
    const bytes = this.db.getBinaryFast(key, this.options);
    if (bytes === undefined) return undefined;
    // A large value comes as a plain view of the map, which a commit may move; any other in a shared buffer that is
    // longer than it says.
    return this.checked(key, Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes), bytes.length);
  }

  range({ start, end, reverse }: KeyRange): Iterable<KvEntry> {
    const range = reverse
      ? { start: end, end: start, reverse, exclusiveStart: true, inclusiveEnd: true, ...this.options }
      : { start, end, ...this.options };
    const entries: Iterable<MutableEntry> = this.db.getRange(range);
    return { [Symbol.iterator]: () => this.checkedEntries(entries[Symbol.iterator]()) };
  }

  count(start: Buffer, end: Buffer): number {
    return this.db.getKeysCount({ start, end, ...this.options });
  }

  /** Not a generator: this runs for every entry of an index. */
  private checkedEntries(entries: Iterator<MutableEntry>): Iterator<KvEntry> {
    return {
      next: () => {
        const result = entries.next();
        if (!result.done) {
          const { key, value } = result.value;
          result.value.value = this.checked(key, value, value.length);
        }
        return result;
      },
      return: () => entries.return?.() ?? { done: true, value: undefined },
    };
  }

  private checked(key: Buffer, stored: Buffer, length: number): Buffer {
    try {
      return unseal(key, stored, length);
    } catch (error) {
      this.onDamage(error as Error);
      throw error;
    }
  }
}

interface MutableEntry {
  readonly key: Buffer;
  value: Buffer;
}
