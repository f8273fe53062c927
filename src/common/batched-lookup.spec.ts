import { BatchedLookup } from './batched-lookup.js';

interface Query {
  keys: string[];
  answer: () => void;
  fail: (error: Error) => void;
}

/** A store whose queries are under way until they are told to answer. */
class SlowStore {
  readonly lookup = new BatchedLookup((keys: string[]) => this.find(keys));
  private readonly queries: Query[] = [];
  private tell = (): void => {};

  async next(): Promise<Query> {
    if (this.queries.length === 0) await new Promise<void>((resolve) => (this.tell = resolve));
    return this.queries.shift()!;
  }

  private find(keys: string[]): Promise<Map<string, string>> {
    return new Promise((resolve, reject) => {
      const found = keys.filter((key) => key !== 'missing').map((key) => [key, `value of ${key}`] as const);
      this.queries.push({ keys, answer: () => resolve(new Map(found)), fail: reject });
      this.tell();
    });
  }
}

describe('BatchedLookup', () => {
  it('asks once for all of a turn, then once for all that came meanwhile', async () => {
    const store = new SlowStore();
    const first = [store.lookup.get('a'), store.lookup.get('missing'), store.lookup.get('a')];
    const one = await store.next();
    expect(one.keys).toEqual(['a', 'missing']);
    const second = [store.lookup.get('a'), store.lookup.get('b')];
    one.answer();
    expect(await Promise.all(first)).toEqual(['value of a', undefined, 'value of a']);
    const two = await store.next();
    expect(two.keys).toEqual(['a', 'b']);
    two.answer();
    expect(await Promise.all(second)).toEqual(['value of a', 'value of b']);
  });

  it('fails those who asked in a query that failed, and nobody after them', async () => {
    const store = new SlowStore();
    const first = store.lookup.get('a');
    const one = await store.next();
    const second = store.lookup.get('a');
    one.fail(new Error('down'));
    await expect(first).rejects.toThrow('down');
    (await store.next()).answer();
    expect(await second).toBe('value of a');
    const third = store.lookup.get('c');
    (await store.next()).answer();
    expect(await third).toBe('value of c');
  });

  it('bounds a query', async () => {
    const store = new SlowStore();
    const all = Array.from({ length: 1_001 }, (_, i) => store.lookup.get(String(i)));
    const sizes: number[] = [];
    for (let i = 0; i < 3; i++) {
      const query = await store.next();
      sizes.push(query.keys.length);
      query.answer();
    }
    expect(sizes).toEqual([500, 500, 1]);
    expect((await Promise.all(all)).at(-1)).toBe('value of 1000');
  });
});
