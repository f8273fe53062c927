import { Variables } from '../aggregate/expression.js';
import { T } from '../bson/types.js';
import { elements, elementsOf, type Element, type Value } from '../bson/value.js';
import { badValue, CommandError, ErrorCode, unsupported } from '../errors.js';
import type { ElemMatch, Filter } from './filter.js';
import { isConditionName, parseCondition, readWhole, regexFilter } from './parse-condition.js';
import { parsePath, type Path } from './path.js';

/** The path of the elements themselves, within `$elemMatch: {$gt: 1}` and `$pull: {a: {$gt: 1}}`. */
export const SELF: Path = { text: '', parts: [], names: [], positions: [] };

/** Where `$expr` may not stand: it tells nothing of what is to be inserted. */
export const UPSERT_PREDICATE = 'the query predicate for an upsert';

/**
 * Parses a filter document; `variables` are those of the command's `let`, for `$expr`, which may not stand in the place that
 * `withoutExpr` names. Throws BadValue for what MongoDB refuses, NotImplemented for what this store has not.
 */
export function parseFilter(value: Value, variables?: Variables, withoutExpr?: string): Filter {
  return parseDocument(value, { variables, withoutExpr, embedded: false });
}

interface Context {
  readonly variables?: Variables | undefined;
  readonly withoutExpr?: string | undefined;
  /** The filter is one of documents within a document. */
  readonly embedded: boolean;
}

function parseDocument(value: Value, context: Context): Filter {
  const children: Filter[] = [];
  for (const element of elements(value.buf, value.start)) {
    if (element.name.startsWith('$')) children.push(parseTopLevel(element, context));
    else children.push(parseField(parsePath(element.name), element));
  }
  return and(children);
}

function and(children: Filter[]): Filter {
  const conditions = children.filter((child) => child.op !== 'true');
  if (conditions.length === 0) return { op: 'true' };
  return conditions.length === 1 ? conditions[0]! : { op: 'and', children: conditions };
}

function parseTopLevel(element: Element, context: Context): Filter {
  const { name } = element;
  switch (name) {
    case '$and':
      return and(parseList(element, context));
    case '$or':
      return { op: 'or', children: parseList(element, context) };
    case '$nor':
      return { op: 'nor', children: parseList(element, context) };
    case '$comment':
      return { op: 'true' };
    case '$alwaysTrue':
    case '$alwaysFalse':
      if (readWhole(element, ErrorCode.FailedToParse) !== 1)
        throw new CommandError(ErrorCode.FailedToParse, `${name} must be an integer value of 1`);
      return { op: name === '$alwaysTrue' ? 'true' : 'false' };
    case '$expr':
      if (context.embedded) throw badValue('$expr can only be applied to the top-level document');
      if (context.withoutExpr !== undefined) {
        throw new CommandError(
          ErrorCode.QueryFeatureNotAllowed,
          `$expr is not allowed in ${context.withoutExpr}`,
        );
      }
      return { op: 'expr', expression: (context.variables ?? Variables.ofCommand()).parse(element) };
    case '$where':
    case '$text':
    case '$jsonSchema':
    case '$sampleRate':
      throw unsupported(`the filter operator ${name}`);
    default:
      throw badValue(
        `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      );
  }
}

function parseList(element: Element, context: Context): Filter[] {
  if (element.type !== T.array) throw badValue(`${element.name} argument must be an array`);
  const items = elementsOf(element);
  if (items.length === 0) throw badValue('$and/$or/$nor must be a nonempty array');
  return items.map((item) => {
    if (item.type !== T.object) throw badValue('$or/$and/$nor entries need to be full objects');
    return parseDocument(item, context);
  });
}

/** Is it a document whose first field is an operator? (`{}` and `{a: 1}` are values to be equal to.) */
export function isOperatorDocument(value: Value): boolean {
  if (value.type !== T.object) return false;
  const first = elements(value.buf, value.start).next();
  return !first.done && first.value.name.startsWith('$') && !isReference(first.value.name);
}

function isReference(name: string): boolean {
  return name === '$ref' || name === '$id' || name === '$db';
}

function parseField(path: Path, value: Value): Filter {
  if (value.type === T.regex) return regexFilter(path, value);
  if (!isOperatorDocument(value)) return { op: 'eq', path, value };
  return parseOperators(path, value);
}

/** Parses `{$gt: 1, $lt: 5}` for the value at `path`. */
export function parseOperators(path: Path, value: Value): Filter {
  const parts = elementsOf(value);
  return and(parts.map((part) => parseOperator(path, part, parts)));
}

function parseOperator(path: Path, element: Element, siblings: readonly Element[]): Filter {
  switch (element.name) {
    case '$ne':
      if (element.type === T.regex) throw badValue("Can't have regex as arg to $ne.");
      return { op: 'not', child: { op: 'eq', path, value: element } };
    case '$in':
    case '$nin': {
      const condition = parseIn(path, element);
      return element.name === '$in' ? condition : { op: 'not', child: condition };
    }
    case '$not':
      return { op: 'not', child: parseNot(path, element) };
    case '$all':
      return parseAll(path, element);
    case '$elemMatch':
      return parseElemMatch(path, element);
    default:
      if (isConditionName(element.name)) return parseCondition(path, element, siblings);
      if (REFUSED.has(element.name)) throw unsupported(`the filter operator ${element.name}`);
      throw badValue(`unknown operator: ${element.name}`);
  }
}

const REFUSED = new Set(
  '$near $nearSphere $geoNear $geoWithin $geoIntersects $within $maxDistance $minDistance $uniqueDocs'.split(
    ' ',
  ),
);

function parseIn(path: Path, element: Element): Filter {
  if (element.type !== T.array) throw badValue(`${element.name} needs an array`);
  const items = elementsOf(element);
  for (const item of items)
    if (isOperatorDocument(item)) throw badValue(`cannot nest $ under ${element.name}`);
  return {
    op: 'in',
    path,
    values: items.filter((item) => item.type !== T.regex),
    patterns: items.filter((item) => item.type === T.regex).map((item) => regexFilter(path, item).regex),
  };
}

function parseNot(path: Path, element: Element): Filter {
  if (element.type === T.regex) return regexFilter(path, element);
  if (element.type !== T.object) throw badValue('$not needs a regex or a document');
  if (elements(element.buf, element.start).next().done) throw badValue('$not cannot be empty');
  return parseOperators(path, element);
}

function parseAll(path: Path, element: Element): Filter {
  if (element.type !== T.array) throw badValue('$all needs an array');
  const items = elementsOf(element);
  if (items.length === 0) return { op: 'false' };
  const first = onlyElemMatch(items[0]!);
  return and(
    items.map((item) => {
      if (first) {
        const match = onlyElemMatch(item);
        if (!match) throw badValue('$all/$elemMatch has to be consistent');
        return parseElemMatch(path, match);
      }
      if (item.type === T.regex) return regexFilter(path, item);
      if (isOperatorDocument(item)) throw badValue('no $ expressions in $all');
      return { op: 'eq', path, value: item };
    }),
  );
}

function onlyElemMatch(item: Value): Element | undefined {
  const first = item.type === T.object ? elements(item.buf, item.start).next() : undefined;
  return first && !first.done && first.value.name === '$elemMatch' ? first.value : undefined;
}

export function parseElemMatch(path: Path, element: Element): ElemMatch {
  if (element.type !== T.object) throw badValue('$elemMatch needs an Object');
  const first = elements(element.buf, element.start).next();
  const ofValues =
    !first.done &&
    isOperatorDocument(element) &&
    !['$and', '$or', '$nor', '$where', '$comment', '$expr'].includes(first.value.name);
  const child = ofValues ? parseOperators(SELF, element) : parseDocument(element, { embedded: true });
  return { op: 'elemMatch', path, child, ofValues };
}
