import { isNumber, T, typeName } from '../bson/types.js';
import { formatValue } from '../bson/format.js';
import { longValue } from '../bson/make.js';
import {
  elements,
  elementsOf,
  findField,
  isTruthy,
  NULL,
  numberOf,
  readString,
  type Element,
  type Value,
} from '../bson/value.js';
import { CommandError } from '../errors.js';
import type { Filter } from '../query/filter.js';
import { compileFilter } from '../query/matcher.js';
import { parseFilter } from '../query/parse-filter.js';
import { parseSort, sortRows, type SortField } from '../query/sort.js';
import { parseFieldPath } from '../query/field-path.js';
import type { Variables } from './expression.js';
import type { Stage, StageParser } from './stage.js';
import { setPath } from './set-path.js';

export function parseMatch(stage: Element, variables?: Variables): Filter {
  if (stage.type !== T.object)
    throw new CommandError(15959, 'the match filter must be an expression in an object');
  return parseFilter(stage, variables);
}

export const match: StageParser = (stage, { variables }) => {
  const matches = compileFilter(parseMatch(stage, variables));
  return function* (docs) {
    for (const doc of docs) if (matches(doc, 0)) yield doc;
  };
};

export function parseSortStage(stage: Element): SortField[] {
  if (stage.type !== T.object) throw new CommandError(15973, 'the $sort key specification must be an object');
  const fields = parseSort(stage);
  if (fields.length === 0) throw new CommandError(15976, '$sort stage must have at least one sort key');
  return fields;
}

/** A sort that keeps only what a `$limit` behind it takes (0: all). */
export function sorting(fields: readonly SortField[], limit: number): Stage {
  return function* (docs) {
    for (const row of sortRows(rowsOf(docs), fields, limit)) yield row.doc;
  };
}

function* rowsOf(docs: Iterable<Buffer>): Generator<{ doc: Buffer }> {
  for (const doc of docs) yield { doc };
}

export const limit: StageParser = (stage) => limiting(parseLimit(stage));

function limiting(most: number): Stage {
  return function* (docs) {
    let count = 0;
    for (const doc of docs) {
      yield doc;
      if (++count >= most) return;
    }
  };
}

export function parseLimit(stage: Element): number {
  const value = wholeNumber(stage, 2107201);
  if (value <= 0) throw new CommandError(15958, 'the limit must be positive');
  return value;
}

export function parseSkip(stage: Element): number {
  const value = wholeNumber(stage, 5107200);
  if (value < 0)
    throw new CommandError(
      5107200,
      `invalid argument to $skip stage: Expected a non-negative number in: ${shown(stage)}`,
    );
  return value;
}

function wholeNumber(stage: Element, code: number): number {
  const wrong = (what: string) =>
    new CommandError(code, `invalid argument to ${stage.name} stage: ${what} in: ${shown(stage)}`);
  if (!isNumber(stage.type)) throw wrong('Expected a number');
  const value = numberOf(stage);
  if (!Number.isInteger(value)) throw wrong('Expected an integer');
  if (code === 2107201 && value < 0) throw wrong('Expected a non-negative number');
  return value;
}

function shown(stage: Element): string {
  return `${stage.name}: ${formatValue(stage)}`;
}

export const skip: StageParser = (stage) => {
  const count = parseSkip(stage);
  return function* (docs) {
    let at = 0;
    for (const doc of docs) if (at++ >= count) yield doc;
  };
};

const UNWIND = ['path', 'includeArrayIndex', 'preserveNullAndEmptyArrays'];

/** `$unwind`: one document for each element of an array. */
export const unwind: StageParser = (stage) => {
  const fields = stage.type === T.object ? elementsOf(stage) : [];
  if (stage.type !== T.object && stage.type !== T.string) {
    throw new CommandError(
      15981,
      `expected either a string or an object as specification for $unwind stage, got ${typeName(stage.type)}`,
    );
  }
  for (const field of fields) {
    if (!UNWIND.includes(field.name))
      throw new CommandError(28811, `unrecognized option to $unwind stage: ${field.name}`);
  }
  const path = stage.type === T.string ? stage : fields.find((field) => field.name === 'path');
  if (!path) throw new CommandError(28812, 'no path specified to $unwind stage');
  if (path.type !== T.string)
    throw new CommandError(
      28808,
      `expected a string as the path for $unwind stage, got ${typeName(path.type)}`,
    );
  const text = readString(path);
  if (!text.startsWith('$'))
    throw new CommandError(28818, `path option to $unwind stage should be prefixed with a '$': ${text}`);
  const names = parseFieldPath(text.slice(1));
  const indexPath = indexOption(fields.find((field) => field.name === 'includeArrayIndex'));
  const keep = fields.find((field) => field.name === 'preserveNullAndEmptyArrays');
  if (keep && keep.type !== T.bool) {
    throw new CommandError(
      28809,
      `expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got ${typeName(keep.type)}`,
    );
  }
  const preserve = isTruthy(keep);
  return function* (docs) {
    for (const doc of docs) {
      const value = plainValue(doc, names);
      const numbered = (changed: Buffer, index: Value) =>
        indexPath ? setPath(changed, indexPath, index) : changed;
      if (value?.type !== T.array) {
        if (preserve || (value && value.type !== T.null && value.type !== T.undefined))
          yield numbered(doc, NULL);
        continue;
      }
      let index = 0;
      for (const element of elements(value.buf, value.start))
        yield numbered(setPath(doc, names, element), longValue(BigInt(index++)));
      if (index === 0 && preserve) yield numbered(setPath(doc, names, undefined), NULL);
    }
  };
};

function indexOption(option: Element | undefined): Buffer[] | undefined {
  if (!option) return undefined;
  const text = option.type === T.string ? readString(option) : '';
  if (option.type !== T.string || text === '')
    throw new CommandError(
      28810,
      'expected a non-empty string for the includeArrayIndex  option to $unwind stage',
    );
  if (text.startsWith('$'))
    throw new CommandError(
      28822,
      `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${text}`,
    );
  return parseFieldPath(text);
}

/** The value at a path that leads through documents only. */
function plainValue(doc: Buffer, names: readonly Buffer[]): Value | undefined {
  let at = 0;
  for (const [i, name] of names.entries()) {
    const value = findField(doc, at, name);
    if (i === names.length - 1 || value?.type !== T.object) return i === names.length - 1 ? value : undefined;
    at = value.start;
  }
  return undefined;
}
