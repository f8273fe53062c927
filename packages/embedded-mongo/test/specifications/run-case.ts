import { isDeepStrictEqual } from 'node:util';
import { BSON, type MongoClient } from 'mongodb';
import { driverOptions, EntityMap, Saved } from './entities.js';
import { checkError } from './expected-error.js';
import { differencesOfEvents } from './expected-events.js';
import {
  DriverLacks,
  Mismatch,
  RunnerGap,
  type CollectionData,
  type Operation,
  type TestCase,
  type TestFile,
} from './format.js';
import { HeldCursor } from './held-cursor.js';
import { copied, differences, differencesOfEach, show } from './matches.js';
import { refusalOf } from './observed-client.js';
import { Arguments, LISTS, runOnEntity } from './operations.js';
import { runOperationOfRunner, type CaseContext } from './runner-operations.js';

/** No case needs as long. */
const CASE_MS = 20_000;

/** What came of a case: nothing wrong, or the error; and what the store refused meanwhile, in its own words. */
export interface CaseResult {
  readonly error: Error | undefined;
  readonly refusals: readonly string[];
}

/** Runs one case against the store at `uri`. */
export async function runCase(
  file: TestFile,
  test: TestCase,
  store: { readonly uri: string; readonly internal: MongoClient },
): Promise<CaseResult> {
  const { uri, internal } = store;
  const context: CaseContext = { entities: new EntityMap(uri), internal, failPoints: new Set() };
  let error: Error | undefined;
  try {
    await withinTime(new CaseRun(file, test, context).run());
  } catch (thrown) {
    error = thrown as Error;
  }
  await tidyUp(context);
  const refused = error && refusalOf(error);
  const refusals = context.entities.clients().flatMap((client) => client.refusals);
  return { error, refusals: refused === undefined ? refusals : [refused, ...refusals] };
}

async function withinTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Mismatch(`no end within ${CASE_MS} ms`)), CASE_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function tidyUp({ internal, failPoints, entities }: CaseContext): Promise<void> {
  const admin = internal.db('admin');
  for (const configureFailPoint of failPoints) await admin.command({ configureFailPoint, mode: 'off' });
  await entities.close();
  // A transaction left open would keep the next case from its collections.
  await admin.command({ killAllSessions: [] });
}

class CaseRun {
  private readonly entities: EntityMap;

  constructor(
    private readonly file: TestFile,
    private readonly test: TestCase,
    private readonly context: CaseContext,
  ) {
    this.entities = context.entities;
  }

  async run(): Promise<void> {
    const { file, test, context } = this;
    if (test.expectLogMessages) throw new RunnerGap('expectLogMessages');
    for (const data of file.initialData ?? []) await fill(context.internal, data);
    this.entities.create(file.createEntities ?? []);
    for (const operation of test.operations) await this.operate(operation);
    for (const data of test.outcome ?? []) await checkOutcome(context.internal, data);
    // Last: what the driver sent may differ by the driver, what the store answered and holds may not.
    const expected = test.expectEvents ?? [];
    Mismatch.throwAny(expected.flatMap((events) => differencesOfEvents(events, this.entities)));
  }

  /** Gives the error that was expected and came: inside `withTransaction` it goes on. */
  private async operate(operation: Operation): Promise<Error | undefined> {
    const { name, object, expectError, saveResultAsEntity: saveAs } = operation;
    if (object === 'testRunner') {
      await runOperationOfRunner(name, operation.arguments ?? {}, this.context);
      return undefined;
    }
    let result: unknown;
    try {
      result = await this.call(operation);
    } catch (error) {
      if ([Mismatch, RunnerGap, DriverLacks].some((kind) => error instanceof kind)) throw error;
      if (operation.ignoreResultAndError) return error as Error;
      if (!expectError) throw error;
      checkError(expectError, error as Error, this.entities);
      return error as Error;
    }
    if (operation.ignoreResultAndError) return undefined;
    if (expectError) throw new Mismatch(`${name}: an error was expected, came ${show(result)}`);
    if (operation.expectResult !== undefined) this.checkResult(operation, result);
    if (saveAs !== undefined)
      this.entities.add(saveAs, result instanceof HeldCursor ? result : new Saved(result));
    return undefined;
  }

  private call(operation: Operation): Promise<unknown> {
    const { session, ...rest } = copied(operation.arguments ?? {});
    const named =
      session === undefined ? rest : { ...rest, session: this.entities.session(session as string) };
    return runOnEntity(
      this.entities.any(operation.object),
      operation,
      new Arguments(named),
      async (operations) => {
        for (const inner of operations) {
          const error = await this.operate(inner);
          if (error) throw error;
        }
      },
    );
  }

  private checkResult({ name, expectResult }: Operation, result: unknown): void {
    const found =
      LISTS.has(name) && Array.isArray(expectResult)
        ? differencesOfEach(expectResult, result, this.entities)
        : differences(expectResult, result, this.entities, true);
    Mismatch.throwAny(found.map((difference) => `${name}: ${difference}`));
  }
}

async function fill(client: MongoClient, data: CollectionData): Promise<void> {
  const db = client.db(data.databaseName);
  const writeConcern = { w: 'majority' } as const;
  await db.dropCollection(data.collectionName, { writeConcern });
  await db.createCollection(data.collectionName, { ...driverOptions(data.createOptions), writeConcern });
  const documents = data.documents ?? [];
  if (documents.length > 0)
    await db.collection(data.collectionName).insertMany(copied([...documents]), { writeConcern });
}

async function checkOutcome(client: MongoClient, data: CollectionData): Promise<void> {
  const collection = client.db(data.databaseName).collection(data.collectionName);
  const came = await collection.find({}, { sort: { _id: 1 }, readConcern: { level: 'local' } }).toArray();
  const plain = (value: unknown): unknown => JSON.parse(BSON.EJSON.stringify(value, { relaxed: true }));
  if (!isDeepStrictEqual(plain(came), plain(data.documents)))
    throw new Mismatch(`${data.collectionName} should hold ${show(data.documents)}, holds ${show(came)}`);
}
