import { isNumber, T, typeOfAlias } from '../bson/types.js';
import {
  elements,
  elementsOf,
  isTruthy,
  nameEnd,
  readNumber,
  readString,
  type Element,
  type Value,
} from '../bson/value.js';
import { badValue, unsupported } from '../errors.js';
import type { Filter } from './filter.js';
import { parsePath, type Path } from './path.js';

/** The path of the elements themselves, within `$elemMatch: {$gt: 1}` and `$pull: {a: {$gt: 1}}`. */
export const SELF: Path = { text: '', parts: [], names: [], positions: [] };

/** Parses a filter document. Throws BadValue for what MongoDB refuses, NotImplemented for what this store has not. */
export function parseFilter(value: Value): Filter {
  const children: Filter[] = [];
  for (const element of elements(value.buf, value.start)) {
    if (element.name.startsWith('$')) {
      const child = parseTopLevel(element);
      if (child) children.push(child);
    } else children.push(parseField(parsePath(element.name), element));
  }
  return and(children);
}

function and(children: Filter[]): Filter {
  if (children.length === 0) return { op: 'true' };
  return children.length === 1 ? children[0]! : { op: 'and', children };
}

function parseTopLevel(element: Element): Filter | undefined {
  switch (element.name) {
    case '$and':
      return and(parseList(element));
    case '$or':
      return { op: 'or', children: parseList(element) };
    case '$nor':
      return { op: 'nor', children: parseList(element) };
    case '$comment':
      return undefined;
    case '$expr':
    case '$where':
    case '$text':
    case '$jsonSchema':
    case '$alwaysTrue':
    case '$alwaysFalse':
    case '$sampleRate':
      throw unsupported(`the filter operator ${element.name}`);
    default:
      throw badValue(
        `unknown top level operator: ${element.name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      );
  }
}

function parseList(element: Element): Filter[] {
  const items = element.type === T.array ? elementsOf(element) : [];
  if (element.type !== T.array) throw badValue(`${element.name} must be an array`);
  if (items.length === 0) throw badValue('$and/$or/$nor must be a nonempty array');
  return items.map((item) => {
    if (item.type !== T.object) throw badValue('$or/$and/$nor entries need to be full objects');
    return parseFilter(item);
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
  return and(parts.flatMap((part) => parseOperator(path, part, parts) ?? []));
}

function parseOperator(path: Path, element: Element, siblings: Element[]): Filter | undefined {
  switch (element.name) {
    case '$eq':
      return { op: 'eq', path, value: element };
    case '$ne':
      if (element.type === T.regex) throw badValue("Can't have regex as arg to $ne.");
      return { op: 'not', child: { op: 'eq', path, value: element } };
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte': {
      if (element.type === T.regex)
        throw badValue(`Can't have RegEx as arg to predicate over field '${path.text}'.`);
      const op = element.name.slice(1) as 'gt' | 'gte' | 'lt' | 'lte';
      return { op, path, value: element };
    }
    case '$in':
      return parseIn(path, element);
    case '$nin':
      return { op: 'not', child: parseIn(path, element) };
    case '$exists': {
      const exists: Filter = { op: 'exists', path };
      return isTruthy(element) ? exists : { op: 'not', child: exists };
    }
    case '$type':
      return { op: 'type', path, types: parseTypes(element) };
    case '$size':
      return { op: 'size', path, size: parseSize(element) };
    case '$mod':
      return parseMod(path, element);
    case '$not':
      return { op: 'not', child: parseNot(path, element) };
    case '$all':
      return parseAll(path, element);
    case '$elemMatch':
      return parseElemMatch(path, element);
    case '$regex': {
      const options = siblings.find((sibling) => sibling.name === '$options');
      return { op: 'regex', path, pattern: parseRegex(element, options), source: undefined };
    }
    case '$options':
      if (!siblings.some((sibling) => sibling.name === '$regex')) throw badValue('$options needs a $regex');
      return undefined;
    case '$comment':
      return undefined;
    default:
      if (REFUSED.has(element.name)) throw unsupported(`the filter operator ${element.name}`);
      throw badValue(`unknown operator: ${element.name}`);
  }
}

const REFUSED = new Set(
  '$expr $near $nearSphere $geoWithin $geoIntersects $within $box $center $bitsAllSet $bitsAnySet $bitsAllClear $bitsAnyClear'.split(
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
    patterns: items.filter((item) => item.type === T.regex).map((item) => parseRegex(item)),
  };
}

function parseTypes(element: Element): Set<number> {
  const items = element.type === T.array ? elementsOf(element) : [element];
  if (items.length === 0) throw badValue('$type must match at least one type');
  return new Set(items.flatMap(parseType));
}

function parseType(item: Value): number[] {
  if (item.type === T.string) {
    const alias = readString(item);
    if (alias === 'number') return [T.double, T.int, T.long, T.decimal];
    const type = typeOfAlias(alias);
    if (type === undefined) throw badValue(`Unknown type name alias: ${alias}`);
    return [type];
  }
  if (!isNumber(item.type)) throw badValue('type must be represented as a number or a string');
  const code = readNumber(item);
  if (code === -1) return [T.minKey];
  if (!Number.isInteger(code) || !((code >= 1 && code <= 19) || code === 127)) {
    throw badValue(`Invalid numerical type code: ${code}`);
  }
  return [code];
}

function parseSize(element: Element): number {
  if (!isNumber(element.type)) throw badValue(`Failed to parse $size. Expected a number in: $size`);
  const size = readNumber(element);
  if (!Number.isInteger(size)) throw badValue(`Failed to parse $size. Expected an integer: $size: ${size}`);
  if (size < 0) throw badValue(`Failed to parse $size. Expected a non-negative number in: $size: ${size}`);
  return size;
}

function parseMod(path: Path, element: Element): Filter {
  if (element.type !== T.array) throw badValue('malformed mod, needs to be an array');
  const [divisor, remainder, ...more] = elementsOf(element);
  if (!divisor || !remainder) throw badValue('malformed mod, not enough elements');
  if (more.length > 0) throw badValue('malformed mod, too many elements');
  if (!isNumber(divisor.type)) throw badValue('malformed mod, divisor not a number');
  if (!isNumber(remainder.type)) throw badValue('malformed mod, remainder not a number');
  const by = Math.trunc(readNumber(divisor));
  if (!Number.isSafeInteger(by)) throw badValue('malformed mod, divisor value is invalid');
  if (by === 0) throw badValue('divisor cannot be 0');
  return { op: 'mod', path, divisor: by, remainder: Math.trunc(readNumber(remainder)) };
}

function parseNot(path: Path, element: Element): Filter {
  if (element.type === T.regex) return regexFilter(path, element);
  if (element.type !== T.object) throw badValue('$not needs a regex or a document');
  if (!isOperatorDocument(element)) throw badValue('$not cannot be empty or lacks an operator');
  return parseOperators(path, element);
}

function parseAll(path: Path, element: Element): Filter {
  if (element.type !== T.array) throw badValue('$all needs an array');
  const items = elementsOf(element);
  if (items.length === 0) return { op: 'false' };
  return and(
    items.map((item) => {
      if (item.type === T.regex) return regexFilter(path, item);
      if (!isOperatorDocument(item)) return { op: 'eq', path, value: item };
      const [only] = elementsOf(item);
      if (only!.name !== '$elemMatch') throw badValue('no $ expressions in $all');
      return parseElemMatch(path, only!);
    }),
  );
}

function parseElemMatch(path: Path, element: Element): Filter {
  if (element.type !== T.object) throw badValue('$elemMatch needs an Object');
  const first = elements(element.buf, element.start).next();
  const ofValues =
    !first.done &&
    first.value.name.startsWith('$') &&
    !['$and', '$or', '$nor', '$where'].includes(first.value.name);
  const child = ofValues ? parseOperators(SELF, element) : parseFilter(element);
  return { op: 'elemMatch', path, child, ofValues };
}

function regexFilter(path: Path, value: Value): Filter {
  return { op: 'regex', path, pattern: parseRegex(value), source: value };
}

function parseRegex(value: Value, options?: Value): RegExp {
  let source: string;
  let flags = '';
  if (value.type === T.regex) {
    const middle = nameEnd(value.buf, value.start);
    source = value.buf.toString('utf8', value.start, middle);
    flags = value.buf.toString('utf8', middle + 1, value.end - 1);
  } else if (value.type === T.string) source = readString(value);
  else throw badValue('$regex has to be a string');
  if (options) {
    if (options.type !== T.string) throw badValue('$options has to be a string');
    flags = readString(options);
  }
  for (const flag of flags) {
    if (!'imsxu'.includes(flag)) throw badValue(`invalid flag in regex options: ${flag}`);
    if (flag === 'x') throw unsupported('the regex option x');
  }
  // Constructs whose meaning differs between PCRE and JavaScript are refused rather than matched differently.
  if (/\(\?(?![:=!]|<[=!])|\\[AZzGKhHQERXpP]|[*+?}]\+|\[\[:/.test(source))
    throw unsupported('this PCRE construct in $regex');
  try {
    return new RegExp(source, `${flags.replace(/[^ims]/g, '')}u`);
  } catch {
    try {
      return new RegExp(source, flags.replace(/[^ims]/g, ''));
    } catch (error) {
      throw badValue(`Regular expression is invalid: ${(error as Error).message}`);
    }
  }
}
