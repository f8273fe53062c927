import { Decimal128 } from 'mongodb';
import { compare } from '../model/compare.js';
import { Unknown } from '../model/expression.js';
import { runPipeline } from '../model/pipeline.js';
import { typeNumber } from '../model/types.js';
import { identity, isDoc, type Doc, type Value } from '../model/value.js';
import { differ } from './difference.js';
import type { Operation } from './operations.js';
import { attempt, unexpected, type Subject } from './subject.js';

/** A pipeline's documents are the model's, one by one and byte by byte; what the model does not know is not compared. */
export async function checkAggregate(
  subject: Subject,
  operation: Extract<Operation, { kind: 'aggregate' }>,
): Promise<void> {
  const answer = await subject.askAll({
    aggregate: subject.name,
    pipeline: operation.pipeline.map((stage) => withSource(stage, subject.name)),
    cursor: { batchSize: 5 },
  });
  if (subject.refused(answer)) return;
  let expected: ReturnType<typeof attempt<Doc[]>>;
  try {
    const { documents } = subject.model;
    expected = attempt(() => [...runPipeline(operation.pipeline, documents, documents)]);
  } catch (error) {
    if (error instanceof Unknown) return;
    throw error;
  }
  if ('code' in expected) {
    // Which of several errors comes first is nobody's promise.
    if (answer.ok) differ('aggregate: an error was due', expected.code, answer.reply);
    return;
  }
  if (!answer.ok) unexpected('aggregate', answer);
  const actual = answer.reply.get('documents') as Doc[];
  if (actual.length !== expected.value.length)
    differ('aggregate: number of documents', expected.value, actual);
  expected.value.forEach((document, i) => {
    if (!same(document, actual[i] as Doc)) differ(`aggregate, document ${i}`, document, actual[i]);
  });
}

/** The collection of a `$lookup` is the one that is asked. */
function withSource(stage: Doc, name: string): Doc {
  const lookup = stage.get('$lookup');
  if (isDoc(lookup)) return new Map([['$lookup', new Map<string, Value>([['from', name], ...lookup])]]);
  const facet = stage.get('$facet');
  if (!isDoc(facet)) return stage;
  const inner = [...facet].map(([key, list]): [string, Value] => [
    key,
    (list as Doc[]).map((item) => withSource(item, name)),
  ]);
  return new Map([['$facet', new Map(inner)]]);
}

/** As bytes; decimals by value, since 1.0 and 1.00 differ in how they were calculated. */
function same(left: Value, right: Value): boolean {
  if (typeNumber(left) !== typeNumber(right)) return false;
  if (left instanceof Decimal128) return compare(left, right) === 0;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, i) => same(item, right[i] as Value));
  if (isDoc(left) && isDoc(right))
    return same([...left.keys()], [...right.keys()]) && same([...left.values()], [...right.values()]);
  return identity(left) === identity(right);
}
