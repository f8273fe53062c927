import { doubleValue } from '../bson/make.js';
import { isNumber, T } from '../bson/types.js';
import {
  elementsOf,
  isTruthy,
  MISSING,
  readNumber,
  readString,
  type Element,
  type Value,
} from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { CommandError } from '../errors.js';
import type { Stage } from './stage.js';

/** Parses `$count`. */
export function parseCount(stage: Element): Stage {
  const name = countName(stage);
  return function* (docs) {
    let count = 0;
    for (const _ of docs) count++;
    if (count > 0) yield buildDocument((writer) => writer.count(name, count));
  };
}

function countName(stage: Element): string {
  const name = stage.type === T.string ? readString(stage) : '';
  if (name === '') throw new CommandError(40156, 'the count field must be a non-empty string');
  if (name.startsWith('$')) throw new CommandError(40158, 'the count field cannot be a $-prefixed path');
  if (name.includes('\0')) throw new CommandError(40159, 'the count field cannot contain a null byte');
  if (name.includes('.')) throw new CommandError(40160, "the count field cannot contain '.'");
  return name;
}

/** How a pipeline's rest only counts: the `_id` and the name of the sum. */
export interface Counting {
  readonly id: Value;
  readonly name: string;
  readonly by: number;
}

/** Recognises `{$group: {_id: <constant>, n: {$sum: 1}}}` (what `countDocuments` sends) and `$count`. */
export function asCount(stages: readonly Element[]): Counting | undefined {
  const stage = stages[0];
  if (!stage) return undefined;
  if (stage.name === '$count') return { id: MISSING, name: countName(stage), by: 1 };
  if (stage.name !== '$group' || stage.type !== T.object) return undefined;
  const [id, output, ...more] = elementsOf(stage);
  if (id?.name !== '_id' || !(isNumber(id.type) || id.type === T.null) || !output || more.length > 0)
    return undefined;
  const operators = output.type === T.object ? elementsOf(output) : [];
  const [operator] = operators;
  if (operators.length !== 1 || operator!.name !== '$sum' || operator!.type !== T.int || !isTruthy(operator))
    return undefined;
  if (/[.$]/.test(output.name)) return undefined;
  return { id, name: output.name, by: readNumber(operator!) };
}

export function countDocument({ id, name, by }: Counting, count: number): Buffer {
  const total = count * by;
  return buildDocument((writer) => {
    if (id.type !== T.missing) writer.value('_id', id);
    if (Number.isSafeInteger(total)) writer.count(name, total);
    else writer.value(name, doubleValue(total));
  });
}
