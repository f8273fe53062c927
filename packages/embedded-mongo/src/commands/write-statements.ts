import { isNumber, T, typeName } from '../bson/types.js';
import { elementsOf, numberOf, readBool, type Element, type Value } from '../bson/value.js';
import { CommandError, ErrorCode, typeMismatch, unsupported } from '../errors.js';
import type { Hint } from '../query/planner.js';
import { assertUpdateForm } from '../update/parse-update.js';
import { parseHint } from './request.js';

/** One of `updates`, its fields told apart. What it asks for is parsed when its turn comes. */
export interface UpdateStatement {
  readonly q: Value;
  readonly u: Value;
  readonly multi: boolean;
  readonly upsert: boolean;
  readonly arrayFilters: readonly Value[];
  readonly constants: Value | undefined;
  readonly hint: Hint | undefined;
}

/** One of `deletes`. */
export interface DeleteStatement {
  readonly q: Value;
  /** 0: all that match. */
  readonly limit: number;
  readonly hint: Hint | undefined;
}

/** The type that a field must have; undefined: checked by its reader. */
type FieldTypes = Readonly<Record<string, number | undefined>>;

const UPDATE_FIELDS: FieldTypes = {
  q: T.object,
  u: undefined,
  multi: T.bool,
  upsert: T.bool,
  upsertSupplied: T.bool,
  arrayFilters: T.array,
  hint: undefined,
  collation: T.object,
  c: T.object,
};

const DELETE_FIELDS: FieldTypes = { q: T.object, limit: undefined, hint: undefined, collation: T.object };

/** A statement of the wrong form fails the whole command, before any statement runs. */
export function readUpdateStatement(statement: Value): UpdateStatement {
  const owner = 'update.updates';
  const fields = readFields(statement, owner, UPDATE_FIELDS);
  const q = required(fields, 'q', owner);
  const u = required(fields, 'u', owner);
  assertUpdateForm(u);
  if (fields.has('upsertSupplied')) throw unsupported('the option upsertSupplied of update');
  const flag = (name: string) => fields.has(name) && readBool(fields.get(name)!);
  return {
    q,
    u,
    multi: flag('multi'),
    upsert: flag('upsert'),
    arrayFilters: readArrayFilters(fields.get('arrayFilters'), owner),
    constants: fields.get('c'),
    hint: parseHint(fields.get('hint')),
  };
}

export function readDeleteStatement(statement: Value): DeleteStatement {
  const owner = 'delete.deletes';
  const fields = readFields(statement, owner, DELETE_FIELDS);
  const q = required(fields, 'q', owner);
  const given = required(fields, 'limit', owner);
  const limit = isNumber(given.type) ? numberOf(given) : NaN;
  if (limit !== 0 && limit !== 1) {
    const shown = Number.isNaN(limit) ? typeName(given.type) : limit;
    throw new CommandError(
      ErrorCode.FailedToParse,
      `The limit field in delete objects must be 0 or 1. Got ${shown}`,
    );
  }
  return { q, limit, hint: parseHint(fields.get('hint')) };
}

function readFields(statement: Value, owner: string, types: FieldTypes): Map<string, Element> {
  const fields = new Map<string, Element>();
  for (const field of elementsOf(statement)) {
    if (!Object.hasOwn(types, field.name)) {
      throw new CommandError(40415, `BSON field '${owner}.${field.name}' is an unknown field.`);
    }
    const type = types[field.name];
    if (field.type === T.null && !['q', 'u', 'limit'].includes(field.name)) continue;
    if (type !== undefined && field.type !== type) throw wrongType(owner, field.name, field.type, type);
    fields.set(field.name, field);
  }
  if (fields.has('collation')) throw unsupported(`the option collation of ${owner}`);
  return fields;
}

function required(fields: ReadonlyMap<string, Element>, name: string, owner: string): Element {
  const field = fields.get(name);
  if (field) return field;
  throw new CommandError(40414, `BSON field '${owner}.${name}' is missing but a required field`);
}

export function readArrayFilters(list: Element | undefined, owner: string): readonly Value[] {
  if (!list) return [];
  if (list.type !== T.array) throw wrongType(owner, list.name, list.type, T.array);
  const filters = elementsOf(list);
  for (const { type, name } of filters) {
    if (type !== T.object) throw wrongType(owner, `${list.name}.${name}`, type, T.object);
  }
  return filters;
}

function wrongType(owner: string, field: string, type: number, wanted: number): CommandError {
  return typeMismatch(
    `BSON field '${owner}.${field}' is the wrong type '${typeName(type)}', expected type '${typeName(wanted)}'`,
  );
}
