import { setTimeout as delay } from 'node:timers/promises';

/** Keys of one query at most. */
const MAX_KEYS = 500;
/** From the start of a query to the next one's, at least. */
const PACE_MS = 5;

interface Asked<V> {
  readonly key: string;
  readonly resolve: (value: V | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Looks up single keys by common queries. Who asks alone is answered at once; of many, those who ask while a query is
 * under way, or within 5 ms of its start, share the next. Every key is read after it was asked for.
 */
export class BatchedLookup<V> {
  private waiting: Asked<V>[] = [];
  private busy = false;

  /** @param find answers what there is of up to 500 different keys; when it fails, so do all who asked */
  constructor(private readonly find: (keys: string[]) => Promise<Map<string, V>>) {}

  get(key: string): Promise<V | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      if (this.busy) return;
      this.busy = true;
      setImmediate(() => void this.run());
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const paced = delay(PACE_MS);
      await this.ask(this.waiting.splice(0, MAX_KEYS));
      await paced;
    }
    this.busy = false;
  }

  private async ask(batch: Asked<V>[]): Promise<void> {
    try {
      const found = await this.find([...new Set(batch.map(({ key }) => key))]);
      for (const { key, resolve } of batch) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
