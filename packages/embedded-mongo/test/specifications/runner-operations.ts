import { ClientSession, type MongoClient } from 'mongodb';
import { EntityMap } from './entities.js';
import { differencesOfEvent } from './expected-events.js';
import { Mismatch, RunnerGap, type Doc, type EntitySpec } from './format.js';
import { show } from './matches.js';
import { ObservedClient } from './observed-client.js';

/** What the runner's own operations work on. */
export interface CaseContext {
  readonly entities: EntityMap;
  /** A client that no case observes. */
  readonly internal: MongoClient;
  /** Fail points set by the case: they are taken back behind it. */
  readonly failPoints: Set<string>;
}

type RunnerOperation = (args: Doc, context: CaseContext) => Promise<void> | void;

/** The states of a transaction in the format's words. */
const STATES: Readonly<Record<string, string>> = {
  NO_TRANSACTION: 'none',
  STARTING_TRANSACTION: 'starting',
  TRANSACTION_IN_PROGRESS: 'in_progress',
  TRANSACTION_COMMITTED: 'committed',
  TRANSACTION_COMMITTED_EMPTY: 'committed',
  TRANSACTION_ABORTED: 'aborted',
};

/** The driver keeps these to itself, but the format asks for them. */
interface SessionInside {
  readonly transaction: { readonly state: string };
  readonly serverSession: { readonly isDirty: boolean };
  readonly isPinned: boolean;
}

const RUNNER: Readonly<Record<string, RunnerOperation>> = {
  createEntities: (args, { entities }) => entities.create(args['entities'] as EntitySpec[]),
  failPoint: async (args, { entities, failPoints }) => {
    const failPoint = args['failPoint'] as Doc;
    await clientOf(args, entities).client.db('admin').command(failPoint);
    failPoints.add(failPoint['configureFailPoint'] as string);
  },
  assertSessionTransactionState: (args, { entities }) => {
    const { state } = inside(args, entities).transaction;
    expectThat(STATES[state] === args['state'], `the transaction is ${state}, not ${String(args['state'])}`);
  },
  assertSessionPinned: (args, { entities }) =>
    expectThat(inside(args, entities).isPinned, 'the session is not pinned'),
  assertSessionUnpinned: (args, { entities }) =>
    expectThat(!inside(args, entities).isPinned, 'the session is pinned'),
  assertSessionDirty: (args, { entities }) =>
    expectThat(inside(args, entities).serverSession.isDirty, 'the session is not dirty'),
  assertSessionNotDirty: (args, { entities }) =>
    expectThat(!inside(args, entities).serverSession.isDirty, 'the session is dirty'),
  assertDifferentLsidOnLastTwoCommands: (args, { entities }) =>
    expectThat(!sameSession(args, entities), 'the last two commands have one session'),
  assertSameLsidOnLastTwoCommands: (args, { entities }) =>
    expectThat(sameSession(args, entities), 'the last two commands have two sessions'),
  assertCollectionExists: async (args, { internal }) =>
    expectThat(await hasCollection(args, internal), `no collection ${show(args)}`),
  assertCollectionNotExists: async (args, { internal }) =>
    expectThat(!(await hasCollection(args, internal)), `there is a collection ${show(args)}`),
  assertIndexExists: async (args, { internal }) =>
    expectThat(await hasIndex(args, internal), `no index ${show(args)}`),
  assertIndexNotExists: async (args, { internal }) =>
    expectThat(!(await hasIndex(args, internal)), `there is an index ${show(args)}`),
  assertNumberConnectionsCheckedOut: (args, { entities }) => {
    const { checkedOut } = clientOf(args, entities);
    expectThat(checkedOut === args['connections'], `${checkedOut} connections are checked out`);
  },
  waitForEvent: async (args, { entities }) => {
    const client = clientOf(args, entities);
    // A client that nobody operates on would not connect; whoever operates on it meets the error, if there is one.
    void client.client.connect().catch(() => undefined);
    await client.seen(() => countEvents(client, args, entities), args['count'] as number);
  },
  assertEventCount: (args, { entities }) => {
    const count = countEvents(clientOf(args, entities), args, entities);
    expectThat(count === args['count'], `${count} events ${show(args['event'])}`);
  },
};

export async function runOperationOfRunner(name: string, args: Doc, context: CaseContext): Promise<void> {
  const operation = Object.hasOwn(RUNNER, name) ? RUNNER[name] : undefined;
  if (!operation) throw new RunnerGap(`operation ${name} of the test runner`);
  await operation(args, context);
}

function expectThat(right: boolean, otherwise: string): void {
  if (!right) throw new Mismatch(otherwise);
}

function clientOf(args: Doc, entities: EntityMap): ObservedClient {
  return entities.get(args['client'] as string, ObservedClient);
}

function inside(args: Doc, entities: EntityMap): SessionInside {
  return entities.get(args['session'] as string, ClientSession) as unknown as SessionInside;
}

function sameSession(args: Doc, entities: EntityMap): boolean {
  const [first, second] = clientOf(args, entities).lastTwoCommands();
  const [one, two] = [(first['command'] as Doc)['lsid'], (second['command'] as Doc)['lsid']];
  expectThat(one !== undefined && two !== undefined, 'a command has no lsid');
  return show(one) === show(two);
}

function countEvents(client: ObservedClient, args: Doc, entities: EntityMap): number {
  const expected = args['event'] as Record<string, Doc>;
  return client.events.filter((observed) => differencesOfEvent(expected, observed, entities).length === 0)
    .length;
}

async function hasCollection(args: Doc, internal: MongoClient): Promise<boolean> {
  const listed = internal
    .db(args['databaseName'] as string)
    .listCollections({ name: args['collectionName'] });
  return (await listed.toArray()).length > 0;
}

async function hasIndex(args: Doc, internal: MongoClient): Promise<boolean> {
  const collection = internal.db(args['databaseName'] as string).collection(args['collectionName'] as string);
  try {
    const indexes = await collection.listIndexes().toArray();
    return indexes.some(({ name }) => name === args['indexName']);
  } catch (error) {
    if ((error as { code?: number }).code === 26) return false;
    throw error;
  }
}
