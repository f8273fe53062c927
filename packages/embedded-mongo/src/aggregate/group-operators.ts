import { intValue } from '../bson/make.js';
import { T } from '../bson/types.js';
import { elementsOf, NULL, type Element, type Value } from '../bson/value.js';
import { CommandError, ErrorCode, unsupported } from '../errors.js';
import { compareDocuments, parseSort } from '../query/sort.js';
import {
  addToSet,
  average,
  deviation,
  extreme,
  extremeN,
  first,
  firstN,
  last,
  lastN,
  leastN,
  mergeObjects,
  push,
  sum,
  type Accumulator,
  type Memory,
} from './accumulators.js';
import { arrayValue, detach, documentBytes } from './build.js';
import { countOf } from './expressions/iteration.js';
import { constant, namedArguments, type Expression, type Scope } from './operator.js';

/** What `$group` computes for one field: the value of each document and where it is gathered. */
export interface Gathering {
  readonly input: Expression;
  readonly start: (memory: Memory) => Accumulator;
}

type GatheringParser = (operand: Element, scope: Scope) => Gathering;

function of(start: (memory: Memory) => Accumulator): GatheringParser {
  return (operand, scope) => {
    if (operand.type === T.array)
      throw new CommandError(40237, `The ${operand.name} accumulator is a unary operator`);
    return { input: scope.parse(operand), start };
  };
}

const count: GatheringParser = (operand) => {
  if (operand.type !== T.object || elementsOf(operand).length > 0)
    throw new CommandError(ErrorCode.FailedToParse, '$count takes no arguments, i.e. $count:{}');
  return { input: constant(intValue(1)), start: sum };
};

const N_OF = { notObject: 5787900, unknown: 5787901, missing: [5787906, 5787907] };

function severalOf(start: (n: number, memory: Memory) => Accumulator): GatheringParser {
  return (operand, scope) => {
    const given = namedArguments(operand, ['n', 'input'], N_OF);
    const n = constantCount(given.n!, operand.name, scope);
    return { input: scope.parse(given.input!), start: (memory) => start(n, memory) };
  };
}

function constantCount(value: Element, name: string, scope: Scope): number {
  const n = scope.parse(value).constant;
  if (!n) throw unsupported(`an 'n' of ${name} that is no constant`);
  return countOf(n, name);
}

/** `$top`, `$bottom` and their N forms: the output of the first or last documents in an order. */
function ranked(sign: 1 | -1, several: boolean): GatheringParser {
  return (operand, scope) => {
    const names = several ? (['sortBy', 'output', 'n'] as const) : (['sortBy', 'output'] as const);
    const codes = { notObject: 5788001, unknown: 5788002, missing: [5788005, 5788004, 5788003] };
    const given: Partial<Record<string, Element>> = namedArguments(operand, names, codes);
    const n = several ? constantCount(given.n!, operand.name, scope) : 1;
    if (given.sortBy!.type !== T.object) throw new CommandError(5788604, "expected 'sortBy' to be an object");
    const compare = compareDocuments(parseSort(given.sortBy));
    const output = scope.parse(given.output!);
    const order = (a: Ranked, b: Ranked) => sign * compare(a.doc, b.doc);
    const start = (memory: Memory): Accumulator => {
      const best = leastN<Ranked>(n, order);
      return {
        add: (root) => {
          best.add({ doc: documentBytes(root), value: detach(output(root)) });
          if (several) memory.hold(0);
        },
        result: () => {
          const values = best.list().map(({ value }) => value);
          if (!several) return values[0] ?? NULL;
          return arrayValue(sign === 1 ? values : values.reverse());
        },
      };
    };
    return { input: (root) => root, start };
  };
}

interface Ranked {
  readonly doc: Buffer;
  readonly value: Value;
}

/** Every accumulator of `$group`. */
export const ACCUMULATORS: Readonly<Record<string, GatheringParser>> = {
  $sum: of(sum),
  $avg: of(average),
  $min: of(() => extreme(-1)),
  $max: of(() => extreme(1)),
  $first: of(first),
  $last: of(last),
  $push: of(push),
  $addToSet: of(addToSet),
  $mergeObjects: of(mergeObjects),
  $stdDevPop: of(() => deviation(false)),
  $stdDevSamp: of(() => deviation(true)),
  $count: count,
  $firstN: severalOf(firstN),
  $lastN: severalOf(lastN),
  $minN: severalOf((n) => extremeN(n, 1)),
  $maxN: severalOf((n) => extremeN(n, -1)),
  $top: ranked(1, false),
  $topN: ranked(1, true),
  $bottom: ranked(-1, false),
  $bottomN: ranked(-1, true),
};

/** What MongoDB gathers beside these: refused by name. */
export const REFUSED_ACCUMULATORS: ReadonlySet<string> = new Set(['$accumulator', '$median', '$percentile']);
