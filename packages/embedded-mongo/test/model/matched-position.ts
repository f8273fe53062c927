import { isOperators, matches } from './match.js';
import { isDoc, type Doc, type Value } from './value.js';

type Reached = [value: Value | undefined, index: number | undefined];

/** MongoDB's order of conditions: the last one that was met within an array says where. */
const RANKS = [
  '$elemMatch',
  '$size',
  '$eq',
  '$lte',
  '$lt',
  '$gt',
  '$gte',
  '$regex',
  '$mod',
  '$exists',
  '$in',
];

/** The index that `$` stands for after `filter` has matched; conditions below `$or` and `$nor` do not count. */
export function matchedPosition(document: Doc, filter: Doc): number | undefined {
  const found = conditions(filter)
    .sort((a, b) => a.rank - b.rank || Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
    .map(({ path, operator, operand }) => indexOf(document, path.split('.'), operator, operand));
  return found.filter((index) => index !== undefined).at(-1);
}

interface Condition {
  path: string;
  operator: string;
  operand: Value;
  rank: number;
}

function conditions(filter: Doc): Condition[] {
  return [...filter].flatMap(([path, condition]) => {
    if (path === '$and') return (condition as Doc[]).flatMap(conditions);
    if (path.startsWith('$')) return [];
    const operators: [string, Value][] = isOperators(condition) ? [...condition] : [['$eq', condition]];
    return operators.flatMap(([operator, operand]) => {
      const rank = RANKS.indexOf(operator);
      return rank < 0 ? [] : [{ path, operator, operand, rank }];
    });
  });
}

function indexOf(document: Doc, parts: string[], operator: string, operand: Value): number | undefined {
  const holds = (value: Value | undefined): boolean => {
    const item: Doc = value === undefined ? new Map() : new Map([['item', [value]]]);
    return matches(item, new Map([['item', new Map([[operator, operand]])]]));
  };
  for (const [value, index] of reach(document, parts, operator !== '$elemMatch')) {
    if (operator !== '$elemMatch') {
      if (holds(value)) return index;
    } else if (Array.isArray(value)) {
      const inner = value.findIndex((item) =>
        matches(new Map([['item', [item]]]), new Map([['item', new Map([[operator, operand]])]])),
      );
      if (inner >= 0) return index ?? inner;
    }
  }
  return undefined;
}

/** The values on a path, each with its place in the outermost array that the path does not name a place in itself. */
function* reach(
  value: Value | undefined,
  parts: string[],
  expand: boolean,
  index?: number,
): Generator<Reached> {
  const [first, ...rest] = parts as [string, ...string[]];
  const next = isDoc(value) ? value.get(first) : undefined;
  if (Array.isArray(next)) yield* enter(next, rest, expand, index);
  else if (rest.length === 0 || !isDoc(next)) yield [rest.length === 0 ? next : undefined, index];
  else yield* reach(next, rest, expand, index);
}

function* enter(items: Value[], parts: string[], expand: boolean, outer?: number): Generator<Reached> {
  if (parts.length === 0) {
    if (expand) for (const [index, item] of items.entries()) yield [item, outer ?? index];
    yield [items, outer];
    return;
  }
  for (const [index, item] of items.entries()) {
    if (isDoc(item)) yield* reach(item, parts, expand, outer ?? index);
    if (parts[0] !== String(index)) continue;
    if (parts.length === 1) yield [item, outer ?? index];
    else if (isDoc(item)) yield* reach(item, parts.slice(1), expand, outer);
    else if (Array.isArray(item)) yield* enter(item, parts.slice(1), expand, outer);
  }
}
