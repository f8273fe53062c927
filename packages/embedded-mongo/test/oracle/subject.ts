import type { Db } from 'mongodb';
import { CollectionModel, snapshotOf, type IndexSpec } from '../model/collection.js';
import { ModelError } from '../model/model-error.js';
import { show, type Doc } from '../model/value.js';
import { ask, askAll, isRefusal, type Answer } from './ask.js';
import { changesBetween, Difference, differ } from './difference.js';

/** A collection of the store and the model it must agree with. */
export class Subject {
  readonly model = new CollectionModel();
  refusals = 0;

  constructor(
    private readonly db: Db,
    readonly name: string,
    readonly indexed: boolean,
  ) {}

  ask(command: Record<string, unknown>): Promise<Answer> {
    return ask(this.db, command);
  }

  askAll(command: Record<string, unknown>): Promise<Answer> {
    return askAll(this.db, command, this.name);
  }

  /** Every document of the store's collection, read without an index. */
  async readAll(): Promise<Doc[]> {
    const answer = await this.askAll({ find: this.name, hint: { $natural: 1 }, batchSize: 1000 });
    if (!answer.ok) throw new Difference(`reading everything failed: ${answer.code} ${answer.message}`);
    return answer.reply.get('documents') as Doc[];
  }

  /** Counts an answer that refuses the request as out of scope; such a request must have changed nothing. */
  refused(answer: Answer): boolean {
    if (answer.ok || !isRefusal(answer.code)) return false;
    this.refusals += 1;
    return true;
  }

  /** The store must hold exactly what the model holds. */
  async expectUnchanged(): Promise<void> {
    await this.expectState(this.model.documents);
  }

  async expectState(expected: readonly Doc[]): Promise<void> {
    const changes = changesBetween(snapshotOf(expected), snapshotOf(await this.readAll()));
    const [first] = changes;
    if (first === undefined) return;
    const actual = await this.readAll();
    differ(
      `${changes.length} documents of ${this.name} are not as expected`,
      find(expected, first.id) ?? 'no such document',
      find(actual, first.id) ?? 'no such document',
    );
  }

  /** After a difference: takes what the store holds as the new truth, so that a run can go on. */
  async adopt(): Promise<void> {
    this.model.documents = await this.readAll();
    const answer = await this.askAll({ listIndexes: this.name });
    if (!answer.ok) return;
    const names = (answer.reply.get('documents') as Doc[]).map((index) => index.get('name'));
    this.model.indexes.splice(
      0,
      Infinity,
      ...this.model.indexes.filter((index) => names.includes(index.name)),
    );
  }

  createIndex(index: IndexSpec): Promise<Answer> {
    const spec = {
      key: new Map(index.pattern),
      name: index.name,
      ...(index.unique === true ? { unique: true } : {}),
      ...(index.partial === undefined ? {} : { partialFilterExpression: index.partial }),
    };
    return this.ask({ createIndexes: this.name, indexes: [spec] });
  }
}

const find = (documents: readonly Doc[], id: string): Doc | undefined =>
  documents.find((document) => snapshotOf([document]).has(id));

/** The model's result, or the error code it answers with. */
export function attempt<T>(run: () => T): { value: T } | { code: number } {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof ModelError) return { code: error.code };
    throw error;
  }
}

/** The store must have failed with one of these codes. */
export function expectError(
  answer: { code: number; message: string } | null,
  codes: readonly number[],
  what: string,
): void {
  if (answer === null || !codes.includes(answer.code)) {
    differ(
      `${what}: an error was due`,
      codes,
      answer === null ? 'success' : `${answer.code} ${answer.message}`,
    );
  }
}

export function unexpected(what: string, answer: { code: number; message: string }): never {
  throw new Difference(`${what} failed: ${answer.code} ${answer.message}`);
}

export const label = (operation: { kind: string }): string =>
  show(new Map(Object.entries(operation).map(([name, value]) => [name, value === undefined ? null : value])));
