import type { Db } from 'mongodb';
import { Random } from '../support/random.js';
import { checkAggregate } from './check-aggregate.js';
import { checkCreateIndex, checkDropIndex } from './check-indexes.js';
import { checkFindAndModify } from './check-find-and-modify.js';
import { checkCount, checkDistinct, checkFind } from './check-reads.js';
import { checkDelete, checkInsert, checkUpdate } from './check-writes.js';
import { describeAll, Difference } from './difference.js';
import { FIRST_INDEXES, INDEX_POOL, OperationSource } from './generate-operations.js';
import type { Operation } from './operations.js';
import { label, Subject } from './subject.js';

export interface OracleOptions {
  seed: number;
  operations: number;
  /** Differences to gather before giving up; after each, the model takes over what the store holds. Default 1. */
  maxDifferences?: number;
  onDifference?: (text: string) => void;
}

export interface OracleResult {
  operations: number;
  differences: string[];
  /** Requests answered with "not supported", out of `requests`. */
  refusals: number;
  requests: number;
}

/**
 * Runs random operations against a collection with indexes, one without, and a model that is a plain list, and
 * compares every answer and, after every write, every document.
 */
export async function runOracle(db: Db, options: OracleOptions): Promise<OracleResult> {
  const source = new OperationSource(new Random(options.seed));
  const subjects = [new Subject(db, 'indexed', true), new Subject(db, 'plain', false)];
  const result: OracleResult = { operations: 0, differences: [], refusals: 0, requests: 0 };
  for (const subject of subjects) await subject.ask({ drop: subject.name });
  const [indexed] = subjects as [Subject, Subject];
  for (const index of INDEX_POOL.slice(0, FIRST_INDEXES))
    await checkCreateIndex(indexed, { kind: 'createIndex', index });

  for (let number = 0; number < options.operations; number += 1) {
    const operation = source.operation(indexed.model.documents);
    result.operations += 1;
    for (const subject of subjects) {
      if (operation.kind.endsWith('Index') && !subject.indexed) continue;
      const before = describeAll(subject.model.documents);
      result.requests += 1;
      try {
        await run(subject, operation);
      } catch (error) {
        if (!(error instanceof Difference)) throw error;
        const text = `seed ${options.seed}, operation ${number}, ${subject.name}: ${label(operation)}\n${error.message}\n  before   ${before}`;
        result.differences.push(text);
        options.onDifference?.(text);
        if (result.differences.length >= (options.maxDifferences ?? 1)) return finish(result, subjects);
        await subject.adopt();
      }
    }
  }
  return finish(result, subjects);
}

function finish(result: OracleResult, subjects: Subject[]): OracleResult {
  return { ...result, refusals: subjects.reduce((sum, subject) => sum + subject.refusals, 0) };
}

function run(subject: Subject, operation: Operation): Promise<void> {
  switch (operation.kind) {
    case 'insert':
      return checkInsert(subject, operation);
    case 'find':
      return checkFind(subject, operation);
    case 'update':
      return checkUpdate(subject, operation);
    case 'delete':
      return checkDelete(subject, operation);
    case 'findAndModify':
      return checkFindAndModify(subject, operation);
    case 'count':
      return checkCount(subject, operation);
    case 'distinct':
      return checkDistinct(subject, operation);
    case 'aggregate':
      return checkAggregate(subject, operation);
    case 'createIndex':
      return checkCreateIndex(subject, operation);
    case 'dropIndex':
      return checkDropIndex(subject, operation);
  }
}
