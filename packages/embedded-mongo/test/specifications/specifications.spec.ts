import { fileURLToPath } from 'node:url';
import { stopAllStores } from '../support/store-process.js';
import type { EntitySpec, TestCase, TestFile } from './format.js';
import { readCases, runFile, type Verdict } from './run-suite.js';
import { openStore } from './store.js';

const CASES = fileURLToPath(new URL('cases', import.meta.url));

/** The runner of the driver specifications on cases of our own; `npm run specifications` takes the public ones. */
describe('the test format of the driver specifications', () => {
  let store: Awaited<ReturnType<typeof openStore>>;
  beforeAll(async () => {
    store = await openStore();
  });
  afterAll(async () => {
    await store.close();
    await stopAllStores();
  });

  const run = (name: string, file: TestFile): Promise<Verdict[]> => runFile('own', name, file, store);

  it.each(['crud.json', 'transaction.json', 'retryable-write.json', 'replica-set.json'])(
    '%s passes',
    async (name) => {
      const file = new Map(await readCases(CASES)).get(name)!;
      const verdicts = await run(name, file);
      expect(verdicts.filter(({ kind }) => kind !== 'passed')).toEqual([]);
      expect(verdicts).toHaveLength(file.tests.length);
    },
  );

  const entities: readonly EntitySpec[] = [
    { client: { id: 'client', observeEvents: ['commandStartedEvent'] } },
    { database: { id: 'd', client: 'client', databaseName: 'd' } },
    { collection: { id: 'c', database: 'd', collectionName: 'c' } },
  ];
  const insert = { object: 'c', name: 'insertOne', arguments: { document: { a: 1 } } };
  const judged = async (test: Partial<TestCase>): Promise<Verdict> => {
    const tests = [{ description: 'x', operations: [], ...test }];
    const [verdict] = await run('x.json', {
      description: 'x',
      schemaVersion: '1.0',
      createEntities: entities,
      tests,
    });
    return verdict!;
  };

  it.each<[Verdict['kind'], string, Partial<TestCase>]>([
    ['failed', 'another result', { operations: [{ ...insert, expectResult: { insertedId: 7 } }] }],
    ['failed', 'no error', { operations: [{ ...insert, expectError: { isError: true } }] }],
    [
      'failed',
      'an event too many',
      { operations: [insert], expectEvents: [{ client: 'client', events: [] }] },
    ],
    [
      'failed',
      'another outcome',
      { outcome: [{ databaseName: 'd', collectionName: 'none', documents: [{ _id: 1 }] }] },
    ],
    [
      'failed',
      'a missing argument',
      { operations: [{ ...insert, arguments: {}, ignoreResultAndError: true }] },
    ],
    ['gap', 'an unknown operation', { operations: [{ ...insert, name: 'fly' }] }],
    ['gap', 'an unknown operation of the runner', { operations: [{ object: 'testRunner', name: 'fly' }] }],
    ['excluded', 'another topology', { runOnRequirements: [{ topologies: ['sharded'] }] }],
    ['excluded', 'a newer server', { runOnRequirements: [{ minServerVersion: '8.0' }] }],
    [
      'refused',
      'a refusal of the store',
      { operations: [{ object: 'c', name: 'find', arguments: { filter: { $where: '1' } } }] },
    ],
  ])('judges %s: %s', async (kind, _, test) => {
    expect((await judged(test)).kind).toBe(kind);
  });
});
