import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KvStore } from './store.js';

const key = (n: number) => Buffer.from([0, n]);

describe('KvStore', () => {
  let folder: string;
  let store: KvStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kv-'));
    store = open();
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  function open(): KvStore {
    return new KvStore(join(folder, 'lmdb'), (error) => {
      throw error;
    });
  }

  it('shows planned writes to planners at once and to readers only when they are on disk', async () => {
    store.planned.put(key(1), Buffer.from('a'));
    expect(store.planned.get(key(1))).toEqual(Buffer.from('a'));
    expect(store.committed.get(key(1))).toBeUndefined();
    await store.settled();
    expect(store.committed.get(key(1))?.toString()).toBe('a');
    expect(store.settled()).toBeNull();
  });

  it('lets writes planned during a commit form the next one, in order', async () => {
    const order: string[] = [];
    store.planned.put(key(1), Buffer.from('a'));
    const first = store.settled()!.then(() => order.push('first'));
    await new Promise(setImmediate);
    store.planned.put(key(1), Buffer.from('b'));
    store.afterCommit(() => order.push('hook'));
    const second = store.settled()!.then(() => order.push('second'));
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'hook', 'second']);
    expect(store.committed.get(key(1))?.toString()).toBe('b');
  });

  it('ranges over stored and planned keys in both directions', async () => {
    for (const n of [1, 3, 5, 7]) store.planned.put(key(n), Buffer.from([n]));
    await store.settled();
    store.planned.put(key(4), Buffer.from([4]));
    store.planned.remove(key(5));
    const range = { start: key(3), end: key(7) };
    const found = (reverse: boolean) =>
      [...store.planned.range({ ...range, reverse })].map((entry) => entry.value[0]);
    expect(found(false)).toEqual([3, 4]);
    expect(found(true)).toEqual([4, 3]);
    expect(store.planned.count(range.start, range.end)).toBe(2);
    expect([...store.committed.range({ ...range, reverse: true })].map((entry) => entry.value[0])).toEqual([
      5, 3,
    ]);
  });

  it('holds what was settled after it is opened again', async () => {
    for (let n = 0; n < 200; n++) store.planned.put(key(n), Buffer.alloc(5000, n));
    await store.close();
    store = open();
    expect(store.committed.count(key(0), key(255))).toBe(200);
    expect(store.committed.get(key(199))).toEqual(Buffer.alloc(5000, 199));
  });

  it('keeps a snapshot as it was, in gets, ranges and counts, while commits go on', async () => {
    store.planned.put(key(1), Buffer.from('a'));
    store.planned.put(key(2), Buffer.from('b'));
    await store.settled();
    const snapshot = store.snapshot();
    for (let i = 0; i < 50; i++) {
      store.planned.put(key(1), Buffer.from(`changed ${i}`));
      store.planned.remove(key(2));
      store.planned.put(key(3), Buffer.from('new'));
      await store.settled();
    }
    const shown = [...snapshot.view.range({ start: key(0), end: key(9) })].map(({ value }) => String(value));
    expect(shown).toEqual(['a', 'b']);
    expect(String(snapshot.view.get(key(1)))).toBe('a');
    expect(snapshot.view.count(key(0), key(9))).toBe(2);
    expect(String(store.committed.get(key(1)))).toBe('changed 49');
    snapshot.release();
    expect(store.committed.count(key(0), key(9))).toBe(2);
  });
});
