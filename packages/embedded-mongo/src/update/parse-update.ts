import type { Variables } from '../aggregate/expression.js';
import { parseUpdatePipeline } from '../aggregate/transform.js';
import { formatValue } from '../bson/format.js';
import { T, typeName } from '../bson/types.js';
import { elementsOf, readString, type Element, type Value } from '../bson/value.js';
import { badValue, CommandError, ErrorCode, typeMismatch } from '../errors.js';
import { formatField } from './arithmetic.js';
import { parseArrayFilters, type ArrayFilters } from './array-filters.js';
import { OPERATORS } from './operators.js';
import { fillTimestamps } from './timestamps.js';
import { Branch, identifierOf, Leaf, plant } from './update-tree.js';

/** A parsed update: operators, a whole document, or a pipeline. */
export type Update =
  | {
      readonly kind: 'operators';
      readonly tree: Branch;
      readonly filters: ArrayFilters;
      /** It needs to know which array element the filter matched. */
      readonly positional: boolean;
    }
  | { readonly kind: 'replacement'; readonly doc: Value }
  | { readonly kind: 'pipeline'; readonly transform: (doc: Buffer) => Buffer };

export interface UpdateOptions {
  readonly arrayFilters: readonly Value[];
  readonly variables: Variables;
  /** Values that a pipeline sees as variables. */
  readonly constants?: Value | undefined;
}

/** Is it of a form that an update can have? */
export function assertUpdateForm(value: Value): void {
  if (value.type === T.object) return;
  if (value.type !== T.array) throw failed('Update argument must be either an object or an array');
  if (elementsOf(value).some(({ type }) => type !== T.object))
    throw typeMismatch("Each element of the 'pipeline' array must be an object");
}

/** Parses an update that has the form of one. */
export function parseUpdate(value: Value, options: UpdateOptions): Update {
  const filters = parseArrayFilters(options.arrayFilters);
  if (value.type === T.array) {
    if (filters.size > 0) throw failed('arrayFilters may not be specified for pipeline-syle updates');
    return { kind: 'pipeline', transform: parseUpdatePipeline(value, variablesOf(options)) };
  }
  if (options.constants) {
    throw new CommandError(51198, 'Constant values may only be specified for pipeline updates');
  }
  const operators = elementsOf(value);
  const replaces = !operators[0]?.name.startsWith('$');
  const parser = new Parser(filters);
  if (!replaces) operators.forEach((operator) => parser.operator(operator));
  for (const name of filters.keys()) {
    if (parser.used.has(name)) continue;
    throw failed(
      `The array filter for identifier '${name}' was not used in the update ${formatValue(value)}`,
    );
  }
  if (replaces) return { kind: 'replacement', doc: fillTimestamps(value) };
  return { kind: 'operators', tree: parser.tree, filters, positional: parser.positional };
}

function variablesOf({ variables, constants }: UpdateOptions): Variables {
  const fields = constants ? elementsOf(constants) : [];
  return variables.define(Object.fromEntries(fields.map((value) => [value.name, { value, fixed: true }])));
}

function failed(message: string): CommandError {
  return new CommandError(ErrorCode.FailedToParse, message);
}

class Parser {
  readonly tree = new Branch('fields');
  readonly used = new Set<string>();
  positional = false;

  constructor(private readonly filters: ArrayFilters) {}

  operator(operator: Element): void {
    const make = OPERATORS.get(operator.name);
    if (!make) {
      throw failed(
        `Unknown modifier: ${operator.name}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
    }
    if (operator.type !== T.object) {
      throw failed(
        `Modifiers operate on fields but we found type ${typeName(operator.type)} instead. For example: {$mod: {<field>: ...}} not {${formatField(operator)}}`,
      );
    }
    for (const field of elementsOf(operator)) {
      if (operator.name !== '$rename') {
        this.plant(field.name, () => new Leaf(make(field)));
        continue;
      }
      this.plant(field.name, () => TAKEN);
      if (field.type !== T.string) {
        throw badValue(`The 'to' field for $rename must be a string: ${formatField(field)}`);
      }
      this.plant(readString(field), () => new Leaf(make(field)));
    }
  }

  private plant(path: string, make: () => Leaf): void {
    const parts = path.split('.');
    this.checkPath(path, parts);
    const leaf = make();
    parts.forEach((part, i) => this.checkIdentifier(path, part, i));
    plant(this.tree, parts, leaf);
  }

  private checkPath(path: string, parts: readonly string[]): void {
    if (path === '') throw new CommandError(ErrorCode.EmptyFieldName, 'An empty update path is not valid.');
    if (parts.includes('')) {
      throw new CommandError(
        ErrorCode.EmptyFieldName,
        `The update path '${path}' contains an empty field name, which is not allowed.`,
      );
    }
    const positions = parts.filter((part) => part === '$').length;
    if (positions > 1) {
      throw badValue(`Too many positional (i.e. '$') elements found in path '${path}'`);
    }
    if (parts[0] === '$') {
      throw badValue(`Cannot have positional (i.e. '$') element in the first position in path '${path}'`);
    }
    if (positions > 0) this.positional = true;
  }

  private checkIdentifier(path: string, part: string, index: number): void {
    const identifier = identifierOf(part);
    if (identifier === undefined) return;
    if (index === 0) {
      throw badValue(
        `Cannot have array filter identifier (i.e. '$[<id>]') element in the first position in path '${path}'`,
      );
    }
    if (identifier === '') return;
    if (!this.filters.has(identifier)) {
      throw badValue(`No array filter found for identifier '${identifier}' in path '${path}'`);
    }
    this.used.add(identifier);
  }
}

/** Holds the place of the source of a `$rename`. */
const TAKEN = new Leaf({ change: () => undefined, anyPath: true });
