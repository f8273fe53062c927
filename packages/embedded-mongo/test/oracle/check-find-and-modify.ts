import { CODES } from '../model/model-error.js';
import { project } from '../model/project.js';
import { Update } from '../model/update.js';
import { upserted } from '../model/upsert.js';
import { identity, isDoc, type Doc, type Value } from '../model/value.js';
import {
  arrayFiltersOf,
  expectObjection,
  leavesExactRange,
  number,
  outcomeOf,
  upsertLeavesExactRange,
  withId,
} from './check-writes.js';
import { sorted } from './check-reads.js';
import { differ } from './difference.js';
import type { Operation } from './operations.js';
import { attempt, expectError, unexpected, type Subject } from './subject.js';

type FindAndModify = Extract<Operation, { kind: 'findAndModify' }>;
type Failure = { code: number; message: string } | null;

/** The sort always ends with `_id`, so one document is the first and nothing is left open. */
export async function checkFindAndModify(subject: Subject, operation: FindAndModify): Promise<void> {
  const { filter, sort, projection, upsert, returnNew } = operation;
  const prepared = attempt(() => {
    if (projection !== undefined) project(new Map(), projection);
    const update =
      operation.update === undefined ? undefined : new Update(operation.update, operation.arrayFilters);
    return { update, first: sorted(subject.model.matching(filter), sort)[0]?.document };
  });
  const update = 'value' in prepared ? prepared.value.update : undefined;
  const first = 'value' in prepared ? prepared.value.first : undefined;
  const outcome =
    update !== undefined && first !== undefined ? outcomeOf(subject, update, first, filter) : undefined;
  if (outcome !== undefined && leavesExactRange([outcome])) return;
  if (upsertLeavesExactRange(operation, update)) return;
  const answer = await subject.ask({
    findAndModify: subject.name,
    query: filter,
    sort: new Map(sort),
    ...(operation.update === undefined
      ? { remove: true }
      : { update: operation.update, new: returnNew, upsert, ...arrayFiltersOf(operation) }),
    ...(projection === undefined ? {} : { fields: projection }),
  });
  if (subject.refused(answer)) return subject.expectUnchanged();
  const failure: Failure = answer.ok ? null : answer;
  if ('code' in prepared) {
    expectError(failure, [prepared.code], 'findAndModify');
    return subject.expectUnchanged();
  }
  const expectValue = (value: Doc | null): void => {
    if (!answer.ok) unexpected('findAndModify', answer);
    const shown = value === null || projection === undefined ? value : project(value, projection);
    const actual = answer.reply.get('value') ?? null;
    if (identity(shown) !== identity(actual)) differ('value of findAndModify', shown, actual);
  };
  if (first === undefined) {
    if (!upsert || update === undefined) {
      expectValue(null);
      return subject.expectUnchanged();
    }
    return checkInserted(
      subject,
      filter,
      update,
      answer.ok ? answer.reply : null,
      failure,
      returnNew,
      expectValue,
    );
  }
  if (outcome === undefined) {
    expectValue(first);
    subject.model.documents = subject.model.without(first);
  } else if ('code' in outcome) {
    expectError(failure, [outcome.code], 'findAndModify');
  } else if (outcome.objection !== null) {
    if (failure === null) differ('findAndModify', outcome.objection.code, 'success');
    if (outcome.objection.code === CODES.duplicateKey) expectObjectionOf(subject, failure, outcome.objection);
  } else {
    expectValue(returnNew ? outcome.after : first);
    subject.model.replace(first, outcome.after);
  }
  await subject.expectUnchanged();
}

function expectObjectionOf(
  subject: Subject,
  failure: { code: number; message: string },
  objection: { code: number; indexes: readonly string[] },
): void {
  const offended = objection.indexes.find((name) => failure.message.includes(`index: ${name} dup key`));
  const spec = subject.model.indexes.find((index) => index.name === offended);
  const pattern = new Map<string, Value>((spec?.pattern ?? [['_id', 1]]).map(([path]) => [path, null]));
  expectObjection(subject, { index: 0, ...failure, keyPattern: pattern }, objection);
}

async function checkInserted(
  subject: Subject,
  filter: Doc,
  update: Update,
  reply: Doc | null,
  failure: Failure,
  returnNew: boolean,
  expectValue: (value: Doc | null) => void,
): Promise<void> {
  const result = attempt(() => upserted(filter, update));
  const lastError = reply?.get('lastErrorObject');
  const made = isDoc(lastError) ? lastError.get('upserted') : undefined;
  const document = 'value' in result ? withId(result.value, made) : null;
  const objection = document === null ? null : subject.model.objection(document, subject.model.documents);
  if ('code' in result || objection !== null) {
    expectError(
      failure,
      'code' in result ? [result.code] : [objection?.code ?? 0],
      'findAndModify with upsert',
    );
    return subject.expectUnchanged();
  }
  if (!isDoc(lastError) || number(lastError.get('n')) !== 1 || lastError.get('updatedExisting') !== false) {
    differ('lastErrorObject of an upsert', { n: 1, updatedExisting: false }, lastError ?? failure?.message);
  }
  expectValue(returnNew ? document : null);
  subject.model.insert(document as Doc);
  await subject.expectUnchanged();
}
