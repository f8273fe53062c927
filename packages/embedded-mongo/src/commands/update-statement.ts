import { T, typeName } from '../bson/types.js';
import { elementsOf, readBool, type Element, type Value } from '../bson/value.js';
import { CommandError, typeMismatch, unsupported } from '../errors.js';
import { parseHint } from './request.js';
import type { Hint } from '../query/planner.js';
import { assertUpdateForm } from '../update/parse-update.js';

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

const FIELD_TYPES: Record<string, number | undefined> = {
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

/** A statement of the wrong form fails the whole command, before any statement runs. */
export function readUpdateStatement(statement: Value): UpdateStatement {
  const fields = new Map<string, Element>();
  for (const field of elementsOf(statement)) {
    if (!(field.name in FIELD_TYPES)) {
      throw new CommandError(40415, `BSON field 'update.updates.${field.name}' is an unknown field.`);
    }
    const type = FIELD_TYPES[field.name];
    if (field.type === T.null && field.name !== 'q' && field.name !== 'u') continue;
    if (type !== undefined && field.type !== type) throw wrongType(field.name, field.type, type);
    fields.set(field.name, field);
  }
  const required = (name: string) => {
    const field = fields.get(name);
    if (field) return field;
    throw new CommandError(40414, `BSON field 'update.updates.${name}' is missing but a required field`);
  };
  const flag = (name: string) => fields.has(name) && readBool(fields.get(name)!);
  const q = required('q');
  const u = required('u');
  assertUpdateForm(u);
  for (const name of ['collation', 'upsertSupplied']) {
    if (fields.has(name)) throw unsupported(`the option ${name} of update`);
  }
  return {
    q,
    u,
    multi: flag('multi'),
    upsert: flag('upsert'),
    arrayFilters: readArrayFilters(fields.get('arrayFilters'), 'update.updates'),
    constants: fields.get('c'),
    hint: parseHint(fields.get('hint')),
  };
}

export function readArrayFilters(list: Element | undefined, owner: string): readonly Value[] {
  if (!list) return [];
  if (list.type !== T.array) throw wrongType(list.name, list.type, T.array, owner);
  const filters = elementsOf(list);
  for (const { type, name } of filters) {
    if (type !== T.object) throw wrongType(`${list.name}.${name}`, type, T.object, owner);
  }
  return filters;
}

function wrongType(field: string, type: number, wanted: number, owner = 'update.updates'): CommandError {
  return typeMismatch(
    `BSON field '${owner}.${field}' is the wrong type '${typeName(type)}', expected type '${typeName(wanted)}'`,
  );
}
