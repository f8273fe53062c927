import { compareValues } from '../bson/compare.js';
import { formatValue } from '../bson/format.js';
import { dateValue, intValue, timestampValue } from '../bson/make.js';
import { isNumber, T, typeName } from '../bson/types.js';
import { elementsOf, readString, type Element, type Value } from '../bson/value.js';
import { badValue, CommandError, ErrorCode, typeMismatch, unsupported } from '../errors.js';
import { calculate } from './arithmetic.js';
import { addToSet, pop, pull, pullAll, push, type Change } from './array-operators.js';
import { toValue } from './tree.js';

/** One operator on one path. */
export interface Step {
  readonly parts: readonly string[];
  readonly path: string;
  readonly op: string;
  /** Removes the field (`$unset`); a missing one is no change. */
  readonly removes: boolean;
  /** Only for a document that an upsert inserts. */
  readonly onInsertOnly: boolean;
  /** False: a missing path is left missing (`$pull`, `$pop`). */
  readonly creates: boolean;
  readonly change: Change;
  /** The path whose value moves here (`$rename`). */
  readonly from?: readonly string[];
}

/** A parsed update: operators, or a whole document. */
export type Update =
  | { readonly kind: 'operators'; readonly steps: readonly Step[] }
  | { readonly kind: 'replacement'; readonly doc: Value };

/** Parses `u` of an update statement. Pipelines, array filters and positional paths are refused by name. */
export function parseUpdate(value: Value): Update {
  if (value.type === T.array) throw unsupported('an update with a pipeline');
  if (value.type !== T.object) {
    throw new CommandError(ErrorCode.FailedToParse, 'Update argument must be either an object or an array');
  }
  const operators = elementsOf(value);
  if (!operators[0]?.name.startsWith('$')) {
    for (const field of operators) {
      if (field.name.startsWith('$')) {
        throw new CommandError(
          ErrorCode.DollarPrefixedFieldName,
          `The dollar ($) prefixed field '${field.name}' in '${field.name}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
        );
      }
    }
    return { kind: 'replacement', doc: value };
  }
  const claims = new PathClaims();
  const steps = operators.flatMap((operator) => parseOperator(operator, claims));
  // MongoDB applies in the order of the paths, and so new fields come in that order.
  return { kind: 'operators', steps: steps.sort((a, b) => comparePaths(a.parts, b.parts)) };
}

function parseOperator(operator: Element, claims: PathClaims): Step[] {
  if (!operator.name.startsWith('$') || !OPERATORS.has(operator.name)) {
    if (operator.name === '$bit') throw unsupported('the update operator $bit');
    throw new CommandError(
      ErrorCode.FailedToParse,
      `Unknown modifier: ${operator.name}. Expected a valid update modifier or pipeline-style update specified as an array`,
    );
  }
  if (operator.type !== T.object) {
    throw new CommandError(
      ErrorCode.FailedToParse,
      `Modifiers operate on fields but we found type ${typeName(operator.type)} instead. For example: {$mod: {<field>: ...}} not {${operator.name}: ${formatValue(operator)}}`,
    );
  }
  return elementsOf(operator).flatMap((field) => {
    const parts = pathParts(field.name);
    if (operator.name === '$rename') return renameSteps(field, parts, claims);
    const op = operator.name;
    const step: Step = {
      parts,
      path: field.name,
      op,
      removes: op === '$unset',
      onInsertOnly: op === '$setOnInsert',
      creates: !['$unset', '$pull', '$pullAll', '$pop'].includes(op),
      change: changeOf(op, field),
    };
    claims.claim(parts);
    return [step];
  });
}

const OPERATORS = new Set(
  '$set $unset $setOnInsert $inc $mul $min $max $push $pull $pullAll $pop $addToSet $rename $currentDate'.split(
    ' ',
  ),
);

function pathParts(path: string): string[] {
  const parts = path.split('.');
  if (path === '') throw new CommandError(ErrorCode.EmptyFieldName, 'An empty update path is not valid.');
  for (const part of parts) {
    if (part === '') {
      throw new CommandError(
        ErrorCode.EmptyFieldName,
        `The update path '${path}' contains an empty field name, which is not allowed.`,
      );
    }
    if (part === '$' || part.startsWith('$['))
      throw unsupported(`the positional operator in the update path '${path}'`);
    if (part.startsWith('$') && parts[0] === part) {
      throw new CommandError(
        ErrorCode.DollarPrefixedFieldName,
        `The dollar ($) prefixed field '${part}' in '${path}' is not valid for storage.`,
      );
    }
  }
  return parts;
}

function changeOf(op: string, field: Element): Change {
  switch (op) {
    case '$inc':
    case '$mul':
      if (!isNumber(field.type)) {
        const verb = op === '$inc' ? 'increment' : 'multiply';
        throw typeMismatch(
          `Cannot ${verb} with non-numeric argument: {${field.name}: ${formatValue(field)}}`,
        );
      }
      return (current, describe) => {
        if (current === undefined) return op === '$inc' ? field : calculate(op, intValue(0), field, describe);
        return calculate(op, toValue(current), field, describe);
      };
    case '$min':
      return (current) => (current && compareValues(field, toValue(current)) >= 0 ? undefined : field);
    case '$max':
      return (current) => (current && compareValues(field, toValue(current)) <= 0 ? undefined : field);
    case '$push':
      return push(field.name, field);
    case '$addToSet':
      return addToSet(field.name, field);
    case '$pull':
      return pull(field);
    case '$pullAll':
      return pullAll(field);
    case '$pop':
      return pop(field.name, field);
    case '$currentDate':
      return currentDate(field);
    default:
      return () => field;
  }
}

function currentDate(field: Element): Change {
  let type = 'date';
  if (field.type === T.object) {
    const [only, ...more] = elementsOf(field);
    if (only?.name !== '$type' || more.length > 0 || only.type !== T.string) {
      throw badValue(
        "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
      );
    }
    type = readString(only);
    if (type !== 'date' && type !== 'timestamp') {
      throw badValue(
        "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
      );
    }
  } else if (field.type !== T.bool) {
    throw badValue(
      `${typeName(field.type)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
    );
  }
  const now = Date.now();
  return () => (type === 'date' ? dateValue(now) : timestampValue(Math.floor(now / 1000), 1));
}

function renameSteps(field: Element, from: string[], claims: PathClaims): Step[] {
  claims.claim(from);
  if (field.type !== T.string) {
    throw badValue(`The 'to' field for $rename must be a string: ${field.name}: ${formatValue(field)}`);
  }
  const target = readString(field);
  const parts = pathParts(target);
  const pair = `${field.name}: "${target}"`;
  if (target === field.name) throw badValue(`The source and target field for $rename must differ: ${pair}`);
  if (target.startsWith(`${field.name}.`) || field.name.startsWith(`${target}.`)) {
    throw badValue(`The source and target field for $rename must not be on the same path: ${pair}`);
  }
  claims.claim(parts);
  const common = { op: '$rename', onInsertOnly: false, creates: true, change: () => undefined };
  return [
    { ...common, parts: from, path: field.name, removes: true },
    { ...common, parts, path: target, removes: false, from },
  ];
}

/** The paths an update has taken: no two operators may touch one path, or one above the other. */
class PathClaims {
  private readonly paths = new Set<string>();
  private readonly prefixes = new Set<string>();

  claim(parts: readonly string[]): void {
    const above = parts.map((_, i) => parts.slice(0, i + 1).join('.'));
    const path = above.at(-1)!;
    const owner = above.find((prefix) => this.paths.has(prefix));
    if (owner !== undefined || this.prefixes.has(path)) {
      throw new CommandError(
        ErrorCode.ConflictingUpdateOperators,
        `Updating the path '${path}' would create a conflict at '${owner ?? path}'`,
      );
    }
    this.paths.add(path);
    for (const prefix of above.slice(0, -1)) this.prefixes.add(prefix);
  }
}

/** The order in which MongoDB applies updates: names by bytes, array positions by number. */
export function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] === b[i]) continue;
    const [x, y] = [Number(a[i]), Number(b[i])];
    if (/^\d+$/.test(a[i]!) && /^\d+$/.test(b[i]!) && x !== y) return x - y;
    return Buffer.compare(Buffer.from(a[i]!), Buffer.from(b[i]!));
  }
  return a.length - b.length;
}
