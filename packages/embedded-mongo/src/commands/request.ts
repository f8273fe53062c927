import { isNumber, T, typeName } from '../bson/types.js';
import { elementsOf, isTruthy, numberOf, readString, type Element, type Value } from '../bson/value.js';
import type { BsonWriter } from '../bson/writer.js';
import type { Engine } from '../engine.js';
import type { ReadScope, WriteScope } from '../scope.js';
import { CommandError, ErrorCode, typeMismatch, unsupported } from '../errors.js';
import type { Hint } from '../query/planner.js';

/** A connection: its number since the start, and the other end's address. */
export interface ClientInfo {
  readonly id: number;
  readonly address: string;
}

/** A command as it came over the wire: the body's fields and the document sequences beside it. */
export class Request {
  readonly name: string;
  readonly db: string;
  /** Who asks. */
  client: ClientInfo = { id: 0, address: '' };
  /** When to give up waiting for a transaction, in `performance.now()`'s time. */
  deadline: number | undefined;
  private readonly args = new Map<string, Element>();

  constructor(
    readonly body: Value,
    private readonly sequences: ReadonlyMap<string, readonly Value[]> = new Map(),
    givenDb?: string,
    givenName?: string,
  ) {
    let name = givenName;
    for (const element of elementsOf(body)) {
      name ??= element.name;
      this.args.set(element.name, element);
    }
    this.name = name ?? '';
    const db = this.args.get('$db');
    this.db = givenDb ?? (db?.type === T.string ? readString(db) : '');
  }

  fieldNames(): Iterable<string> {
    return this.args.keys();
  }

  get(name: string): Element | undefined {
    const value = this.args.get(name);
    return value?.type === T.null ? undefined : value;
  }

  /** The documents given as a sequence or as an array field. */
  list(name: string): readonly Value[] {
    const sequence = this.sequences.get(name);
    if (sequence) return sequence;
    const value = this.get(name);
    if (!value) throw this.missing(name);
    if (value.type !== T.array) throw wrongType(this.name, name, value, 'array');
    const items = elementsOf(value);
    for (const item of items)
      if (item.type !== T.object) throw wrongType(this.name, `${name}.${item.name}`, item, 'object');
    return items;
  }

  object(name: string): Value | undefined {
    const value = this.get(name);
    if (value && value.type !== T.object) throw wrongType(this.name, name, value, 'object');
    return value;
  }

  string(name: string): string | undefined {
    const value = this.get(name);
    if (!value) return undefined;
    if (value.type !== T.string) throw wrongType(this.name, name, value, 'string');
    return readString(value);
  }

  bool(name: string): boolean {
    const value = this.get(name);
    if (!value) return false;
    if (value.type !== T.bool && !isNumber(value.type)) throw wrongType(this.name, name, value, 'bool');
    return isTruthy(value);
  }

  /** A number of at least `min`; what lies behind the decimal point is dropped, as MongoDB does. */
  integer(name: string, min = 0): number | undefined {
    const value = this.get(name);
    if (!value) return undefined;
    if (!isNumber(value.type)) throw wrongType(this.name, name, value, 'long');
    const number = Math.trunc(numberOf(value)) || 0;
    if (number < min) {
      throw new CommandError(51024, `BSON field '${name}' value must be >= ${min}, actual value '${number}'`);
    }
    return number;
  }

  /** The fields of an object argument, for the same questions. Throws on a field that is not in `known`. */
  within(name: string, value: Value, known: readonly string[]): Request {
    const path = `${this.name}.${name}`;
    for (const field of elementsOf(value)) {
      if (known.includes(field.name)) continue;
      throw new CommandError(40415, `BSON field '${path}.${field.name}' is an unknown field.`);
    }
    return new Request(value, undefined, this.db, path);
  }

  wrongType(name: string, value: Value, wanted: string): CommandError {
    return wrongType(this.name, name, value, wanted);
  }

  missing(name: string): CommandError {
    return missingField(this.name, name);
  }

  /** `db.collection` from the command's own field. */
  namespace(field = this.name): string {
    const value = this.args.get(field);
    if (value?.type !== T.string) {
      throw new CommandError(
        ErrorCode.InvalidNamespace,
        `collection name has invalid type ${typeName(value?.type ?? 0)}`,
      );
    }
    return namespaceOf(this.db, readString(value));
  }

  hint(): Hint | undefined {
    return parseHint(this.get('hint'));
  }
}

export function assertDatabaseName(db: string): void {
  if (db === '' || /[/\\. "$*<>:|?\0]/.test(db) || db.length > 63)
    throw new CommandError(ErrorCode.InvalidNamespace, `Invalid database name: '${db}'`);
}

export function namespaceOf(db: string, collection: string): string {
  assertDatabaseName(db);
  if (
    collection === '' ||
    collection.startsWith('.') ||
    collection.includes('\0') ||
    collection.includes('$')
  ) {
    throw new CommandError(ErrorCode.InvalidNamespace, `Invalid collection name: ${collection}`);
  }
  if (collection.startsWith('system.')) throw unsupported(`the collection ${collection}`);
  const ns = `${db}.${collection}`;
  if (Buffer.byteLength(ns) > 255) {
    throw new CommandError(
      ErrorCode.InvalidNamespace,
      `Fully qualified namespace is too long. Namespace: ${ns} Max: 255`,
    );
  }
  return ns;
}

export function parseHint(value: Value | undefined): Hint | undefined {
  if (!value) return undefined;
  if (value.type === T.string) return readString(value) === '' ? undefined : { name: readString(value) };
  if (value.type !== T.object)
    throw new CommandError(ErrorCode.FailedToParse, 'Hint must be a string or an object');
  const [first] = elementsOf(value);
  if (!first) return undefined;
  if (first.name === '$natural') {
    const order = isNumber(first.type) ? numberOf(first) : 0;
    if (order !== 1 && order !== -1)
      throw new CommandError(
        ErrorCode.BadValue,
        '$natural hint cannot be set to a value other than -1 or 1.',
      );
    return { natural: order };
  }
  return { pattern: value.buf.subarray(value.start, value.end) };
}

function missingField(command: string, field: string): CommandError {
  return new CommandError(40414, `BSON field '${command}.${field}' is missing but a required field`);
}

function wrongType(command: string, field: string, value: Value, wanted: string): CommandError {
  return typeMismatch(
    `BSON field '${command}.${field}' is the wrong type '${typeName(value.type)}', expected type '${wanted}'`,
  );
}

export interface CommandContext<S extends ReadScope = ReadScope> {
  readonly engine: Engine;
  /** What the command reads from and writes to: the store, or its transaction. */
  readonly scope: S;
  readonly request: Request;
  /** The open reply document; `ok` is added behind it. */
  readonly reply: BsonWriter;
}

interface CommandFields {
  /** Runs against the database `admin` alone. */
  readonly adminOnly?: boolean;
  /** Fields it understands, beside those of every command. */
  readonly fields?: readonly string[];
  /** Takes fields of any name: they are its subject. */
  readonly anyField?: boolean;
  /** Fields of MongoDB that would change the answer and are not supported: refused by name. */
  readonly refused?: readonly string[];
}

export interface ReadCommand extends CommandFields {
  readonly writes?: false;
  readonly run: (context: CommandContext) => void;
}

export interface WriteCommand extends CommandFields {
  /** The reply waits until everything planned is on disk. */
  readonly writes: true;
  readonly run: (context: CommandContext<WriteScope>) => void;
}

/** One command. Handlers run synchronously: a command sees no other command's half. */
export type Command = ReadCommand | WriteCommand;
