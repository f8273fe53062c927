import { SharedQuery } from './shared-query.js';

/** Looks up single keys by common queries. */
export class BatchedLookup<V> {
  private readonly query: SharedQuery<string, V | undefined>;

  /** @param find answers what there is of up to 500 different keys; when it fails, so do all who asked */
  constructor(find: (keys: string[]) => Promise<Map<string, V>>) {
    this.query = new SharedQuery(async (keys) => {
      const found = await find([...new Set(keys)]);
      return keys.map((key) => found.get(key));
    });
  }

  get(key: string): Promise<V | undefined> {
    return this.query.ask(key);
  }

  /** What there is of these keys. */
  async getMany(keys: Iterable<string>): Promise<V[]> {
    const found = await Promise.all([...new Set(keys)].map((key) => this.get(key)));
    return found.filter((value) => value !== undefined);
  }
}
