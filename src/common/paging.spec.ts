import { cutPage, decodeCursor, encodeCursor } from './paging.js';

/** Reads all pages as a repository does: in key order, damaged keys only on the first page. */
function readAll(keys: unknown[], limit: number): { seen: unknown[]; pages: number } {
  const seen: unknown[] = [];
  let after: string | undefined;
  for (let pages = 1; ; pages++) {
    const from = after;
    const rest = from === undefined ? keys : keys.filter((key) => typeof key === 'string' && key > from);
    const { page, nextCursor } = cutPage(rest.slice(0, limit + 1), limit, (key) => key);
    seen.push(...page);
    if (nextCursor === null) return { seen, pages };
    after = decodeCursor(nextCursor);
  }
}

describe('paging', () => {
  it.each([1, 2, 3, 4, 5])('R5: gives each named row once, damaged keys or not (limit %i)', (limit) => {
    for (const damaged of [[], [null], [undefined, 3], [null, 1, 2, 3]]) {
      const { seen, pages } = readAll([...damaged, 'a', 'b', 'c', 'd'], limit);
      expect(seen.filter((key) => typeof key === 'string')).toEqual(['a', 'b', 'c', 'd']);
      expect(pages).toBeLessThanOrEqual(4 + damaged.length);
    }
  });

  it('has no next page when nothing is left', () => {
    expect(cutPage(['a', 'b'], 2, (key) => key)).toEqual({ page: ['a', 'b'], nextCursor: null });
    expect(cutPage([], 2, (key) => key)).toEqual({ page: [], nextCursor: null });
  });

  it.each(['', '!', 'YQ==', 'Y', 'YQ\n'])('refuses %j, which is no cursor of ours', (cursor) => {
    expect(() => decodeCursor(cursor)).toThrow('not valid');
  });

  it('reads back its own cursors', () => {
    for (const key of ['a', 'user.1', ' ', 'ü']) expect(decodeCursor(encodeCursor(key))).toBe(key);
  });
});
