import { ObjectId } from 'mongodb';
import { CODES } from '../model/model-error.js';
import { idOf, snapshotOf, type Objection } from '../model/collection.js';
import { matchedPosition } from '../model/matched-position.js';
import { hasUnsafeLong } from '../model/modifiers.js';
import { Update } from '../model/update.js';
import { upserted } from '../model/upsert.js';
import { identity, isNumeric, show, toNumber, type Doc, type Value } from '../model/value.js';
import { isRefusal } from './ask.js';
import { changesBetween, differ, type Change } from './difference.js';
import type { Operation } from './operations.js';
import { attempt, expectError, unexpected, type Subject } from './subject.js';

type Insert = Extract<Operation, { kind: 'insert' }>;
type UpdateOperation = Extract<Operation, { kind: 'update' }>;

/** One entry of `writeErrors`. */
interface WriteError {
  index: number;
  code: number;
  message: string;
  keyPattern?: Value;
}

export function writeErrors(reply: Doc): WriteError[] {
  return ((reply.get('writeErrors') ?? []) as Doc[]).map((entry) => ({
    index: number(entry.get('index')),
    code: number(entry.get('code')),
    message: String(entry.get('errmsg')),
    keyPattern: entry.get('keyPattern') ?? null,
  }));
}

export const number = (value: Value | undefined): number => (isNumeric(value) ? toNumber(value) : Number.NaN);

/** A duplicate-key error names one of the indexes the document offends, by pattern and by name. */
export function expectObjection(subject: Subject, error: WriteError, objection: Objection): void {
  if (error.code !== objection.code) differ('error code', objection.code, `${error.code} ${error.message}`);
  if (error.code !== CODES.duplicateKey) return;
  const offended = objection.indexes.find((name) => error.message.includes(`index: ${name} dup key`));
  if (offended === undefined) differ('the index of a duplicate key', [...objection.indexes], error.message);
  const spec = subject.model.indexes.find((index) => index.name === offended);
  const pattern = spec === undefined ? ['_id'] : spec.pattern.map(([path]) => path);
  const named = error.keyPattern instanceof Map ? [...error.keyPattern.keys()] : [];
  if (named.join() !== pattern.join()) differ('keyPattern of a duplicate key', pattern, error.keyPattern);
}

export async function checkInsert(subject: Subject, operation: Insert): Promise<void> {
  const { documents, ordered } = operation;
  const answer = await subject.ask({ insert: subject.name, documents, ordered });
  if (!answer.ok) {
    if (!subject.refused(answer)) unexpected('insert', answer);
    return subject.expectUnchanged();
  }
  const errors = writeErrors(answer.reply);
  let inserted = 0;
  for (const [index, document] of documents.entries()) {
    const error = errors.find((entry) => entry.index === index);
    const objection = subject.model.objection(document, subject.model.documents);
    if (error !== undefined && isRefusal(error.code)) subject.refusals += 1;
    else if (error !== undefined && objection !== null) expectObjection(subject, error, objection);
    else if (error !== undefined || objection !== null) {
      differ(`insert of ${show(document)}`, objection?.code ?? 'success', error?.message ?? 'success');
    } else {
      subject.model.insert(document);
      inserted += 1;
    }
    if (error !== undefined && ordered) break;
  }
  if (number(answer.reply.get('n')) !== inserted) differ('n of insert', inserted, answer.reply);
  await subject.expectUnchanged();
}

export async function checkDelete(
  subject: Subject,
  operation: Extract<Operation, { kind: 'delete' }>,
): Promise<void> {
  const { filter, limit } = operation;
  const matching = subject.model.matching(filter);
  const answer = await subject.ask({ delete: subject.name, deletes: [{ q: filter, limit }] });
  if (subject.refused(answer)) return subject.expectUnchanged();
  if (!answer.ok) unexpected('delete', answer);
  const [error] = writeErrors(answer.reply);
  if (error !== undefined) {
    if (!isRefusal(error.code)) unexpected('delete', error);
    subject.refusals += 1;
    return subject.expectUnchanged();
  }
  const expected = limit === 0 ? matching.length : Math.min(1, matching.length);
  if (number(answer.reply.get('n')) !== expected) differ('n of delete', expected, answer.reply);
  if (limit === 1 && matching.length > 1) {
    const changes = changesBetween(subject.model.snapshot(), snapshotOf(await subject.readAll()));
    const gone = matching.find((document) => identity(idOf(document)) === changes[0]?.id);
    if (gone === undefined) differ('delete removed none of the matching documents', matching, changes.length);
    subject.model.documents = subject.model.without(gone);
  } else {
    subject.model.documents = subject.model.documents.filter((document) => !matching.includes(document));
  }
  await subject.expectUnchanged();
}

/** What an update makes of one document: its new form, or the error. */
export type Outcome = Made | { code: number };

interface Made {
  before: Doc;
  after: Doc;
  /** It counts as modified, maybe with the same bytes. */
  changed: boolean;
  objection: Objection | null;
}

export function outcomeOf(subject: Subject, update: Update, before: Doc, filter: Doc): Outcome {
  const result = attempt(() => update.run(before, false, matchedPosition(before, filter)));
  if ('code' in result) return result;
  const { after, modified: changed } = result.value;
  return {
    before,
    after,
    changed,
    objection: changed ? subject.model.objection(after, subject.model.without(before)) : null,
  };
}

export const codesOf = (outcomes: readonly Outcome[]): number[] =>
  outcomes.flatMap((outcome) =>
    'code' in outcome ? [outcome.code] : outcome.objection ? [outcome.objection.code] : [],
  );

/** An update whose integers leave the exact range is not sent: the store may refuse it where MongoDB would not. */
export function leavesExactRange(outcomes: readonly Outcome[]): boolean {
  return outcomes.some((outcome) => 'after' in outcome && hasUnsafeLong(outcome.after));
}

export function upsertLeavesExactRange(
  operation: { filter: Doc; upsert: boolean },
  update: unknown,
): boolean {
  if (!operation.upsert || !(update instanceof Update)) return false;
  const result = attempt(() => upserted(operation.filter, update));
  return 'value' in result && hasUnsafeLong(result.value);
}

export const arrayFiltersOf = ({ arrayFilters }: { arrayFilters?: Doc[] }): { arrayFilters?: Doc[] } =>
  arrayFilters === undefined ? {} : { arrayFilters };

export async function checkUpdate(subject: Subject, operation: UpdateOperation): Promise<void> {
  const { filter, multi, upsert } = operation;
  const parsed = attempt(() => {
    const update = new Update(operation.update, operation.arrayFilters);
    if (update.isReplacement && multi) return { code: CODES.failedToParse };
    return update;
  });
  const update = 'value' in parsed ? parsed.value : parsed;
  const matching = subject.model.matching(filter);
  const outcomes =
    update instanceof Update ? matching.map((before) => outcomeOf(subject, update, before, filter)) : [];
  if (leavesExactRange(outcomes) || upsertLeavesExactRange(operation, update)) return;
  const answer = await subject.ask({
    update: subject.name,
    updates: [{ q: filter, u: operation.update, multi, upsert, ...arrayFiltersOf(operation) }],
  });
  if (subject.refused(answer)) return subject.expectUnchanged();
  if (!answer.ok && !(update instanceof Update)) return expectError(answer, [update.code], 'update');
  if (!answer.ok) unexpected('update', answer);
  const [error] = writeErrors(answer.reply);
  if (error !== undefined && isRefusal(error.code)) {
    subject.refusals += 1;
    return adoptPartial(subject, multi ? outcomes : []);
  }
  if (!(update instanceof Update)) {
    expectError(error ?? null, [update.code], 'update');
    return subject.expectUnchanged();
  }
  if (matching.length === 0)
    return upsert ? checkUpsert(subject, filter, update, answer.reply) : checkNothing(subject, answer.reply);
  if (multi) return checkMulti(subject, outcomes, answer.reply);
  return checkOne(subject, outcomes, answer.reply);
}

async function checkNothing(subject: Subject, reply: Doc): Promise<void> {
  const [error] = writeErrors(reply);
  if (error !== undefined) unexpected('an update that matches nothing', error);
  if (number(reply.get('n')) !== 0 || number(reply.get('nModified')) !== 0) differ('n of update', 0, reply);
  await subject.expectUnchanged();
}

/** Without a sort any matching document may be the one; the store must have changed exactly one as the model would. */
async function checkOne(subject: Subject, outcomes: readonly Outcome[], reply: Doc): Promise<void> {
  const [error] = writeErrors(reply);
  if (error !== undefined) {
    expectError(error, codesOf(outcomes), 'update of one');
    return subject.expectUnchanged();
  }
  const modified = number(reply.get('nModified'));
  if (number(reply.get('n')) !== 1) differ('n of update', 1, reply);
  const actual = snapshotOf(await subject.readAll());
  const changes = changesBetween(subject.model.snapshot(), actual);
  const fitting = outcomes.filter((outcome) => 'after' in outcome && explains(outcome, changes, actual));
  const fits =
    fitting.find((outcome) => 'after' in outcome && modified === Number(outcome.changed)) ?? fitting[0];
  if (fits === undefined || !('after' in fits)) {
    const made = outcomes.map((outcome) => ('after' in outcome ? outcome.after : outcome.code));
    const now = (await subject.readAll()).filter((document) =>
      changes.some(({ id }) => id === identity(idOf(document))),
    );
    differ('an update of one document', made, now);
  }
  if (modified !== Number(fits.changed)) differ('nModified', Number(fits.changed), reply);
  subject.model.replace(fits.before, fits.after);
}

/** Is this outcome, and nothing else, what happened? (A replacement may write its `_id` in another type.) */
function explains(outcome: Made, changes: Change[], actual: Map<string, string>): boolean {
  const { before, after, objection } = outcome;
  const ids = new Set([identity(idOf(before)), identity(idOf(after))]);
  const expected = identity(before) === identity(after) ? 0 : ids.size;
  return (
    objection === null &&
    changes.length === expected &&
    changes.every(({ id }) => ids.has(id)) &&
    actual.get(identity(idOf(after))) === identity(after)
  );
}

async function checkMulti(subject: Subject, outcomes: readonly Outcome[], reply: Doc): Promise<void> {
  const [error] = writeErrors(reply);
  const made = outcomes.filter((outcome) => 'after' in outcome);
  const finalState = subject.model.documents.map(
    (document) => made.find((outcome) => outcome.before === document)?.after ?? document,
  );
  const clash = finalState.some((document) => {
    const others = finalState.filter((other) => other !== document);
    return subject.model.objection(document, others) !== null;
  });
  if (error !== undefined) {
    expectError(
      error,
      clash ? [...codesOf(outcomes), CODES.duplicateKey] : codesOf(outcomes),
      'update of many',
    );
    return adoptPartial(subject, outcomes);
  }
  if (clash || made.length < outcomes.length) expectError(null, codesOf(outcomes), 'update of many');
  const changed = made.filter((outcome) => outcome.changed).length;
  if (number(reply.get('n')) !== outcomes.length) differ('n of update', outcomes.length, reply);
  if (number(reply.get('nModified')) !== changed) differ('nModified', changed, reply);
  subject.model.documents = finalState;
  await subject.expectUnchanged();
}

/** A failed update of many leaves each document as it was or as it should become; the model follows. */
async function adoptPartial(subject: Subject, outcomes: readonly Outcome[]): Promise<void> {
  const actual = snapshotOf(await subject.readAll());
  for (const outcome of outcomes) {
    if (!('after' in outcome) || outcome.objection?.code === CODES.cannotIndexParallelArrays) continue;
    if (actual.get(identity(idOf(outcome.before))) === identity(outcome.after)) {
      subject.model.replace(outcome.before, outcome.after);
    }
  }
  await subject.expectUnchanged();
}

async function checkUpsert(subject: Subject, filter: Doc, update: Update, reply: Doc): Promise<void> {
  const [error] = writeErrors(reply);
  const result = attempt(() => upserted(filter, update));
  const [made] = (reply.get('upserted') ?? []) as Doc[];
  const document = 'value' in result ? withId(result.value, made?.get('_id')) : null;
  const objection = document === null ? null : subject.model.objection(document, subject.model.documents);
  if ('code' in result || objection !== null) {
    expectError(error ?? null, 'code' in result ? [result.code] : [objection?.code ?? 0], 'upsert');
    return subject.expectUnchanged();
  }
  if (error !== undefined) unexpected('upsert', error);
  if (made === undefined || number(reply.get('n')) !== 1) differ('the answer of an upsert', document, reply);
  subject.model.insert(document as Doc);
  await subject.expectUnchanged();
}

/** The new document with the `_id` the store made, if the request gave none; any new one if nothing was made. */
export function withId(document: Doc, made: Value | undefined): Doc {
  return document.has('_id') ? document : new Map([['_id', made ?? new ObjectId()], ...document]);
}
