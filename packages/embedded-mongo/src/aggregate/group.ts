import { compareValues } from '../bson/compare.js';
import { doubleValue, intValue } from '../bson/make.js';
import { isNumber, T } from '../bson/types.js';
import {
  elementsOf,
  isTruthy,
  MISSING,
  NULL,
  readNumber,
  readString,
  type Element,
  type Value,
} from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { CommandError, ErrorCode } from '../errors.js';
import { ValueSet } from '../query/value-set.js';
import { calculate } from '../update/arithmetic.js';
import { parseExpression, type Expression } from './expression.js';

/** Gathers the values of one output field over the documents of a group. */
interface Accumulator {
  add(doc: Buffer): void;
  result(): Value;
}

type AccumulatorKind = (expression: Expression) => Accumulator;

const ACCUMULATORS: Record<string, AccumulatorKind> = {
  $sum: (expression) => sum(expression),
  $count: () => sum(() => intValue(1)),
  $first: (expression) => first(expression),
  $last: (expression) => last(expression),
  $min: (expression) => extreme(expression, -1),
  $max: (expression) => extreme(expression, 1),
};

function sum(expression: Expression): Accumulator {
  let total: Value = intValue(0);
  return {
    add: (doc) => {
      const value = expression(doc);
      if (!isNumber(value.type)) return;
      total = calculate('$inc', total, value, () => '');
    },
    result: () => total,
  };
}

function first(expression: Expression): Accumulator {
  let value: Value | undefined;
  return { add: (doc) => void (value ??= expression(doc)), result: () => value ?? NULL };
}

function last(expression: Expression): Accumulator {
  let value: Value = NULL;
  return { add: (doc) => void (value = expression(doc)), result: () => value };
}

function extreme(expression: Expression, sign: number): Accumulator {
  let best: Value | undefined;
  return {
    add: (doc) => {
      const value = expression(doc);
      if (value.type === T.missing || value.type === T.null) return;
      if (!best || compareValues(value, best) * sign > 0) best = value;
    },
    result: () => best ?? NULL,
  };
}

/** Parses `$group` or `$count` into a stage. */
export function parseGroup(stage: Element): (docs: Iterable<Buffer>) => Iterable<Buffer> {
  if (stage.name === '$count') {
    const name = countName(stage);
    return function* (docs) {
      let count = 0;
      for (const _ of docs) count++;
      if (count > 0) yield buildDocument((writer) => writer.count(name, count));
    };
  }
  if (stage.type !== T.object)
    throw new CommandError(15947, "a group's fields must be specified in an object");
  const fields = elementsOf(stage);
  const id = fields.find((field) => field.name === '_id');
  if (!id) throw new CommandError(15955, 'a group specification must include an _id');
  const key = parseExpression(id);
  const outputs = fields.filter((field) => field !== id).map(parseOutput);
  return (docs) => group(docs, key, outputs);
}

interface Output {
  readonly name: string;
  readonly start: () => Accumulator;
}

function parseOutput(field: Element): Output {
  if (field.name.includes('.'))
    throw new CommandError(40235, `The field name '${field.name}' cannot contain '.'`);
  const [operator, ...more] = field.type === T.object ? elementsOf(field) : [];
  if (!operator) throw new CommandError(40234, `The field '${field.name}' must be an accumulator object`);
  if (more.length > 0)
    throw new CommandError(40238, `The field '${field.name}' must specify one accumulator`);
  const kind = ACCUMULATORS[operator.name];
  if (!kind) {
    if (KNOWN.has(operator.name)) {
      throw new CommandError(
        ErrorCode.NotImplemented,
        `the group operator ${operator.name} is not supported by the embedded store`,
      );
    }
    throw new CommandError(15952, `unknown group operator '${operator.name}'`);
  }
  const expression = operator.name === '$count' ? () => NULL : parseExpression(operator);
  return { name: field.name, start: () => kind(expression) };
}

const KNOWN = new Set(
  '$addToSet $avg $bottom $bottomN $firstN $lastN $maxN $mergeObjects $minN $push $stdDevPop $stdDevSamp $top $topN $accumulator $median $percentile'.split(
    ' ',
  ),
);

function* group(docs: Iterable<Buffer>, key: Expression, outputs: readonly Output[]): Generator<Buffer> {
  const keys = new ValueSet();
  const groups: Accumulator[][] = [];
  for (const doc of docs) {
    const value = key(doc);
    const { index, added } = keys.add(value.type === T.missing ? NULL : value);
    if (added) groups.push(outputs.map((output) => output.start()));
    for (const accumulator of groups[index]!) accumulator.add(doc);
  }
  for (const [i, id] of keys.list().entries()) {
    yield buildDocument((writer) => {
      writer.value('_id', id);
      outputs.forEach((output, at) => writer.value(output.name, groups[i]![at]!.result()));
    });
  }
}

/** How a pipeline's rest only counts: the `_id` and the name of the sum. */
export interface Counting {
  readonly id: Value;
  readonly name: string;
  readonly by: number;
  readonly isCount: boolean;
}

function countName(stage: Element): string {
  const name = stage.type === T.string ? readString(stage) : '';
  if (name === '' || name.startsWith('$') || name.includes('.') || name.includes('\0')) {
    throw new CommandError(
      40156,
      'the count field must be a non-empty string without "." that does not start with "$"',
    );
  }
  return name;
}

/** Recognises `{$group: {_id: <constant>, n: {$sum: 1}}}` (what `countDocuments` sends) and `$count`. */
export function asCount(stages: readonly Element[]): Counting | undefined {
  const stage = stages[0];
  if (!stage) return undefined;
  if (stage.name === '$count') return { id: MISSING, name: countName(stage), by: 1, isCount: true };
  if (stage.name !== '$group' || stage.type !== T.object) return undefined;
  const [id, output, ...more] = elementsOf(stage);
  if (id?.name !== '_id' || !(isNumber(id.type) || id.type === T.null) || !output || more.length > 0)
    return undefined;
  const [operator] = output.type === T.object ? elementsOf(output) : [];
  if (operator?.name !== '$sum' || operator.type !== T.int || !isTruthy(operator)) return undefined;
  return { id, name: output.name, by: readNumber(operator), isCount: false };
}

export function countDocument(counting: Counting, count: number): Buffer {
  const total = count * counting.by;
  return buildDocument((writer) => {
    if (!counting.isCount) writer.value('_id', counting.id);
    if (Number.isSafeInteger(total)) writer.count(counting.name, total);
    else writer.value(counting.name, doubleValue(total));
  });
}
