import { Binary, BSONRegExp, MaxKey, MinKey } from 'mongodb';
import { compare, fraction, typeRank } from './compare.js';
import { valuesAt } from './path.js';
import { typeNumber } from './types.js';
import { isDoc, isNumeric, toNumber, type Doc, type Value } from './value.js';

/** Whether a document matches a filter, by MongoDB's rules. The filter is well formed; the generator sees to it. */
export function matches(document: Doc, filter: Doc): boolean {
  return [...filter].every(([name, condition]) => {
    if (name === '$and') return branches(condition).every((branch) => matches(document, branch));
    if (name === '$or') return branches(condition).some((branch) => matches(document, branch));
    if (name === '$nor') return !branches(condition).some((branch) => matches(document, branch));
    return operators(condition).every(([operator, operand]) =>
      holds(operator, operand, condition, (whole) => valuesAt(document, name, whole)),
    );
  });
}

/** Whether a field's condition is made of operators, and is not a document to be equal to. */
export function isOperators(condition: Value): condition is Doc {
  if (!isDoc(condition)) return false;
  const [first] = condition.keys();
  return first !== undefined && first.startsWith('$');
}

const branches = (condition: Value): Doc[] => condition as Doc[];

function operators(condition: Value): [string, Value][] {
  if (isOperators(condition)) return [...condition];
  return [[condition instanceof BSONRegExp ? '$regex' : '$eq', condition]];
}

/** The values a condition looks at; with `whole` an array at the end of the path comes as itself only. */
type Reach = (whole: boolean) => (Value | undefined)[];

function holds(operator: string, operand: Value, condition: Value, reach: Reach): boolean {
  const nested = (list: [string, Value][], of: Value): boolean =>
    list.every(([name, value]) => holds(name, value, of, reach));
  switch (operator) {
    case '$eq':
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return reach(false).some((value) => compares(operator, value, operand));
    case '$ne':
      return !holds('$eq', operand, condition, reach);
    case '$in':
      return (operand as Value[]).some((item) => nested(equalOrRegex(item), item));
    case '$nin':
      return !holds('$in', operand, condition, reach);
    case '$not':
      return !nested(operators(operand), operand);
    case '$exists':
      return reach(false).some((value) => value !== undefined) === truthy(operand);
    case '$type':
      return reach(false).some((value) => value !== undefined && hasType(value, operand));
    case '$regex':
      return reach(false).some((value) => regexHolds(value, operand, condition));
    case '$comment':
    case '$options':
      return true;
    case '$size':
      return reach(true).some((value) => Array.isArray(value) && value.length === toNumber(operand as never));
    case '$mod': {
      const [divisor, remainder] = (operand as Value[]).map(wholePart) as [bigint, bigint];
      return reach(false).some((value) => {
        const whole = wholePart(value);
        return whole !== undefined && whole % divisor === remainder;
      });
    }
    case '$bitsAllSet':
    case '$bitsAnySet':
    case '$bitsAllClear':
    case '$bitsAnyClear':
      return reach(false).some((value) => bitsHold(value, operand, operator));
    case '$all':
      return (
        (operand as Value[]).length > 0 && (operand as Value[]).every((item) => nested(allItem(item), item))
      );
    case '$elemMatch':
      return reach(true).some((value) => Array.isArray(value) && elemMatches(value, operand as Doc));
    default:
      throw new Error(`the model knows no ${operator}`);
  }
}

/** An item of `$in`: a regular expression is applied, anything else is to be equal. */
const equalOrRegex = (item: Value): [string, Value][] => [
  [item instanceof BSONRegExp ? '$regex' : '$eq', item],
];

const allItem = (item: Value): [string, Value][] =>
  isDoc(item) && item.has('$elemMatch') ? [...item] : equalOrRegex(item);

export function elemMatches(items: Value[], condition: Doc): boolean {
  const [first] = condition.keys();
  const onValues = first !== undefined && first.startsWith('$') && !['$and', '$or', '$nor'].includes(first);
  return items.some((item) => {
    if (onValues) return [...condition].every(([name, value]) => holds(name, value, condition, () => [item]));
    if (isDoc(item)) return matches(item, condition);
    return (
      Array.isArray(item) && matches(new Map(item.map((inner, index) => [String(index), inner])), condition)
    );
  });
}

/** Comparison with type bracketing: only values of one type class compare, but for null, MinKey and MaxKey. */
function compares(operator: string, value: Value | undefined, operand: Value): boolean {
  const orEqual = operator === '$gte' || operator === '$lte';
  if (value === undefined || typeRank(value) !== typeRank(operand)) {
    if (value === undefined && operand === null) return operator === '$eq' || orEqual;
    if (operand instanceof MaxKey) return operator === '$lt' || operator === '$lte';
    if (operand instanceof MinKey) return operator === '$gt' || operator === '$gte';
    return false;
  }
  const order = compare(value, operand);
  if (operator === '$eq') return order === 0;
  if (isNaNValue(value) || isNaNValue(operand)) return orEqual && isNaNValue(value) && isNaNValue(operand);
  if (order === 0) return orEqual;
  return operator.startsWith('$gt') ? order > 0 : order < 0;
}

/** What is before a number's point; undefined if it is no number or needs more than 64 bits. */
function wholePart(value: Value | undefined): bigint | undefined {
  const exact = isNumeric(value) ? fraction(value) : NaN;
  if (typeof exact === 'number') return undefined;
  const whole = exact.over / exact.under;
  return BigInt.asIntN(64, whole) === whole ? whole : undefined;
}

/** The bits of a value, the lowest first; far more of them than any filter asks for. */
function bitsOf(value: Value | undefined): string | undefined {
  if (value instanceof Binary) {
    const bytes = [...value.value(), ...Array.from({ length: 30 }, () => 0)];
    return bytes.map((byte) => byte.toString(2).padStart(8, '0').split('').reverse().join('')).join('');
  }
  const exact = isNumeric(value) ? fraction(value) : NaN;
  if (typeof exact === 'number' || exact.over % exact.under !== 0n) return undefined;
  const whole = wholePart(value);
  if (whole === undefined) return undefined;
  return BigInt.asUintN(240, whole).toString(2).padStart(240, '0').split('').reverse().join('');
}

function bitsHold(value: Value | undefined, operand: Value, operator: string): boolean {
  const bits = bitsOf(value);
  if (bits === undefined) return false;
  const mask = Array.isArray(operand) ? '' : (bitsOf(operand) as string);
  const asked = Array.isArray(operand)
    ? operand.map((at) => toNumber(at as never))
    : [...mask].flatMap((bit, at) => (bit === '1' ? [at] : []));
  const wanted = operator.endsWith('Set') ? '1' : '0';
  const holds = (at: number): boolean => bits[at] === wanted;
  return operator.startsWith('$bitsAll') ? asked.every(holds) : asked.some(holds);
}

const isNaNValue = (value: Value): boolean => isNumeric(value) && Number.isNaN(toNumber(value));

const truthy = (value: Value): boolean =>
  isNumeric(value) ? toNumber(value) !== 0 : value !== false && value !== null;

function hasType(value: Value, operand: Value): boolean {
  const wanted = Array.isArray(operand) ? operand : [operand];
  return wanted.some((type) => (type === 'number' ? isNumeric(value) : typeNumber(value) === typeCode(type)));
}

function typeCode(type: Value): number {
  return typeof type === 'string' ? (TYPE_ALIASES[type] ?? Number.NaN) : toNumber(type as never);
}

const TYPE_ALIASES: Record<string, number> = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
};

function regexHolds(value: Value | undefined, operand: Value, condition: Value): boolean {
  const options = isDoc(condition) ? condition.get('$options') : undefined;
  const pattern = operand instanceof BSONRegExp ? operand.pattern : (operand as string);
  const flags = options ?? (operand instanceof BSONRegExp ? operand.options : '');
  if (typeof value === 'string') return new RegExp(pattern, flags as string).test(value);
  return value instanceof BSONRegExp && value.pattern === pattern && value.options === flags;
}
