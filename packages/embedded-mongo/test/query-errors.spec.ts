import { show, doc } from './model/value.js';
import { ask } from './oracle/ask.js';
import { FILTER_ERRORS } from './semantics/filter-errors.js';
import { openTestStore, type TestStore } from './support/embedded.js';

/** What MongoDB 7 does not accept, also on a collection that is not there. */
describe('queries that are refused', () => {
  let test: TestStore;
  beforeAll(async () => {
    test = await openTestStore();
  });
  afterAll(() => test.close());

  it.each(
    FILTER_ERRORS.map(([filter, code, message]) => [show(doc(filter)), code, message, filter] as const),
  )('filter %s: %d %s', async (_shown, code, message, filter) => {
    const answer = await ask(test.client.db('errors'), { find: 'nothing', filter: doc(filter) });
    expect(answer).toMatchObject({ ok: false, code, message: expect.stringContaining(message) as string });
  });
});
