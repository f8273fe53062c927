import { runOracle } from './oracle/run-oracle.js';
import { openTestStore, type TestStore } from './support/embedded.js';

describe('oracle', () => {
  let test: TestStore;
  beforeAll(async () => {
    test = await openTestStore();
  });
  afterAll(() => test.close());

  it('agrees with a plain list, with indexes and without, over random operations', async () => {
    // Always the same operations here; `npm run oracle -- --seed N` looks further.
    const seed = Number(process.env['ORACLE_SEED'] ?? 42);
    const result = await runOracle(test.client.db('oracle'), { seed, operations: 500 });
    expect(result.differences).toEqual([]);
    expect(result.refusals).toBeLessThan(result.requests * 0.05);
  }, 60_000);
});
