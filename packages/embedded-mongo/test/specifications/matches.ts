import { BSON } from 'mongodb';
import { RunnerGap, type Doc } from './format.js';

/** What the operators that name an entity ask for. */
export interface MatchEntities {
  /** A saved value. */
  saved(name: string): unknown;
  sessionLsid(name: string): unknown;
}

/** How `actual` differs from what `expected` describes; a root document may have more fields than expected. */
export function differences(
  expected: unknown,
  actual: unknown,
  entities: MatchEntities,
  root = false,
): readonly string[] {
  const matcher = new Matcher(entities);
  matcher.match(expected, actual, root, '');
  return matcher.found;
}

/** As {@link differences} for the documents of a cursor: each is a root document. */
export function differencesOfEach(
  expected: unknown,
  actual: unknown,
  entities: MatchEntities,
): readonly string[] {
  const matcher = new Matcher(entities);
  matcher.list(expected, actual, true, '');
  return matcher.found;
}

export function isDocument(value: unknown): value is Doc {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !('_bsontype' in value) &&
    !(value instanceof Date) &&
    !(value instanceof RegExp) &&
    !(value instanceof Uint8Array)
  );
}

/** A copy down to the scalars: the driver changes what it gets and hands out. Its maps, as of sort orders, become documents. */
export function copied<T>(value: T): T {
  const copy = (): unknown => {
    if (value instanceof Map) return copied(Object.fromEntries(value as Map<string, unknown>));
    if (Array.isArray(value)) return value.map(copied);
    if (!isDocument(value)) return value;
    return Object.fromEntries(Object.entries(value as Doc).map(([key, inner]) => [key, copied(inner)]));
  };
  return copy() as T;
}

class Matcher {
  readonly found: string[] = [];

  constructor(private readonly entities: MatchEntities) {}

  match(expected: unknown, actual: unknown, root: boolean, path: string): void {
    const operator = operatorOf(expected);
    if (operator) this.operator(operator, (expected as Doc)[operator], actual, root, path);
    else if (isDocument(expected)) this.document(expected, actual, root, path);
    else if (Array.isArray(expected)) this.list(expected, actual, false, path);
    else if (scalar(expected) !== scalar(actual)) this.differs(path, expected, actual);
  }

  list(expected: unknown, actual: unknown, root: boolean, path: string): void {
    if (!Array.isArray(expected) || !Array.isArray(actual) || expected.length !== actual.length)
      this.differs(path, expected, actual);
    else expected.forEach((item, i) => this.match(item, actual[i], root, `${path}[${i}]`));
  }

  private document(expected: Doc, actual: unknown, root: boolean, path: string): void {
    if (!isDocument(actual)) return this.differs(path, expected, actual);
    for (const [key, value] of Object.entries(expected))
      this.match(value, actual[key], false, path === '' ? key : `${path}.${key}`);
    if (root) return;
    const extra = Object.keys(actual).filter((key) => actual[key] !== undefined && !(key in expected));
    if (extra.length > 0) this.found.push(`${path}: not expected: ${extra.join(', ')} in ${show(actual)}`);
  }

  private operator(name: string, wanted: unknown, actual: unknown, root: boolean, path: string): void {
    const check = (right: boolean) => {
      if (!right) this.differs(path, { [name]: wanted }, actual);
    };
    switch (name) {
      case '$$exists':
        return check((actual !== undefined) === wanted);
      case '$$type':
        return check([wanted].flat().some((type) => typesOf(actual).includes(type as string)));
      case '$$matchesEntity':
        return this.match(this.entities.saved(wanted as string), actual, root, path);
      case '$$matchesHexBytes':
        return check(Buffer.isBuffer(actual) && actual.toString('hex') === String(wanted).toLowerCase());
      case '$$unsetOrMatches':
        if (actual !== undefined && actual !== null) this.match(wanted, actual, root, path);
        return;
      case '$$sessionLsid':
        return this.match(this.entities.sessionLsid(wanted as string), actual, false, path);
      case '$$lte':
        return check(isNumber(actual) && Number(actual) <= Number(wanted));
      case '$$matchAsDocument':
        return this.match(wanted, BSON.EJSON.parse(String(actual)), false, path);
      case '$$matchAsRoot':
        return this.match(wanted, actual, true, path);
      default:
        throw new RunnerGap(`operator ${name}`);
    }
  }

  private differs(path: string, expected: unknown, actual: unknown): void {
    this.found.push(`${path === '' ? 'result' : path}: expected ${show(expected)}, came ${show(actual)}`);
  }
}

function operatorOf(expected: unknown): string | undefined {
  const keys = isDocument(expected) ? Object.keys(expected) : [];
  return keys.length === 1 && keys[0]!.startsWith('$$') ? keys[0] : undefined;
}

function isNumber(value: unknown): boolean {
  return ['number', 'bigint'].includes(typeof value) || ['Long', 'Int32', 'Double'].includes(bsonType(value));
}

function bsonType(value: unknown): string {
  return (value as { _bsontype?: string } | null | undefined)?._bsontype ?? '';
}

/** One text for equal values: numbers of every type by their value, all else as Extended JSON. */
function scalar(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (isNumber(value)) return `number ${String(value)}`;
  return BSON.EJSON.stringify({ value }, { relaxed: false });
}

const CLASS_TYPES: Readonly<Record<string, string>> = {
  ObjectId: 'objectId',
  Binary: 'binData',
  UUID: 'binData',
  Timestamp: 'timestamp',
  Code: 'javascript',
  BSONRegExp: 'regex',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
};

/** The names of `$type` that a value may answer to. The driver turns whole numbers of all types into one. */
function typesOf(value: unknown): string[] {
  if (value === undefined) return [];
  if (value === null) return ['null'];
  if (isNumber(value)) {
    const whole = Number.isInteger(Number(value));
    return whole ? ['int', 'long', 'double', 'number'] : ['double', 'number'];
  }
  if (typeof value === 'boolean') return ['bool'];
  if (typeof value === 'string') return ['string'];
  if (Array.isArray(value)) return ['array'];
  if (value instanceof Date) return ['date'];
  if (value instanceof RegExp) return ['regex'];
  if (value instanceof Uint8Array) return ['binData'];
  if (value instanceof BSON.Decimal128) return ['decimal', 'number'];
  return [CLASS_TYPES[bsonType(value)] ?? 'object'];
}

export function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : BSON.EJSON.stringify({ value }).slice(9, -1);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
