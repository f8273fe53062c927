import { elemMatches } from './match.js';
import { CODES, ModelError } from './model-error.js';
import { isDoc, isNumeric, toNumber, type Doc, type Value } from './value.js';

/** `true`: the field itself; a Map: fields below it; an operator's operand: the field, cut. */
type Tree = Map<string, true | Tree | Slice>;

class Slice {
  constructor(readonly operand: Value) {}
}

/** A find's projection applied: inclusion or exclusion, `$slice`, `$elemMatch`. An empty one gives the document. */
export function project(document: Doc, projection: Doc): Doc {
  const { including, id, tree, matches: wanted } = parse(projection);
  const fields = new Map(document);
  fields.delete('_id');
  const kept = apply(fields, tree, including) as Doc;
  for (const [name, condition] of wanted) {
    const items = document.get(name);
    const first = Array.isArray(items) ? items.find((item) => elemMatches([item], condition)) : undefined;
    kept.delete(name);
    if (first !== undefined) kept.set(name, [first]);
  }
  const ownId = document.get('_id');
  return id && ownId !== undefined ? new Map([['_id', ownId], ...kept]) : kept;
}

interface Parsed {
  including: boolean;
  id: boolean;
  tree: Tree;
  matches: Map<string, Doc>;
}

function parse(projection: Doc): Parsed {
  const tree: Tree = new Map();
  const wantedElements = new Map<string, Doc>();
  let including: boolean | undefined;
  for (const [path, value] of projection) {
    if (path === '_id') continue;
    if (isDoc(value)) {
      const [[operator, operand]] = [...value] as [[string, Value]];
      plant(tree, path.split('.'), operator === '$slice' ? new Slice(operand) : true);
      if (operator === '$elemMatch') wantedElements.set(path, operand as Doc);
      continue;
    }
    const wanted = isWanted(value);
    if (including !== undefined && including !== wanted) {
      throw including
        ? new ModelError(CODES.exclusionInInclusion, `exclusion of ${path} in an inclusion`)
        : new ModelError(CODES.inclusionInExclusion, `inclusion of ${path} in an exclusion`);
    }
    including = wanted;
    plant(tree, path.split('.'), true);
  }
  const id = projection.get('_id');
  const idWanted = id === undefined || isWanted(id);
  const alone = wantedElements.size > 0 || (id !== undefined && idWanted);
  return { including: including ?? alone, id: idWanted, tree, matches: wantedElements };
}

const isWanted = (value: Value): boolean => (isNumeric(value) ? toNumber(value) !== 0 : value === true);

function plant(tree: Tree, parts: string[], leaf: true | Slice): void {
  const [first, ...rest] = parts as [string, ...string[]];
  const present = tree.get(first);
  if (rest.length === 0) {
    if (present !== undefined) throw new ModelError(CODES.pathCollision, `path collision at ${first}`);
    tree.set(first, leaf);
    return;
  }
  if (present !== undefined && !(present instanceof Map))
    throw new ModelError(CODES.pathCollisionBelow, `path collision below ${first}`);
  const below: Tree = present ?? (new Map() as Tree);
  tree.set(first, below);
  plant(below, rest, leaf);
}

/** Undefined: the value is left out. Documents keep their place, arrays are gone through at every depth. */
function apply(value: Value, tree: Tree, including: boolean): Value | undefined {
  if (Array.isArray(value)) {
    return value.map((item) => apply(item, tree, including)).filter((item) => item !== undefined);
  }
  if (!isDoc(value)) return including ? undefined : value;
  const result: Doc = new Map();
  for (const [name, field] of value) {
    const below = tree.get(name);
    if (below === undefined || below === true) {
      if ((below === true) === including) result.set(name, field);
      continue;
    }
    const left = below instanceof Slice ? cut(field, below.operand) : apply(field, below, including);
    if (left !== undefined) result.set(name, left);
  }
  return result;
}

/** `$slice`: the first or last items, or some behind those skipped. */
function cut(value: Value, operand: Value): Value {
  if (!Array.isArray(value)) return value;
  if (!Array.isArray(operand)) {
    const count = toNumber(operand as never);
    return count < 0 ? value.slice(count) : value.slice(0, count);
  }
  const [skip, count] = operand.map((item) => toNumber(item as never)) as [number, number];
  return (skip < 0 && -skip > value.length ? value : value.slice(skip)).slice(0, count);
}
