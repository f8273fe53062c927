import { CODES, ModelError } from './model-error.js';
import { isDoc, isNumeric, toNumber, type Doc, type Value } from './value.js';

/** `true`: the field itself; a Map: fields below it. */
type Tree = Map<string, true | Tree>;

/** A find's projection by inclusion or exclusion, applied. An empty projection gives the document. */
export function project(document: Doc, projection: Doc): Doc {
  const { including, id, tree } = parse(projection);
  const fields = new Map(document);
  fields.delete('_id');
  const kept = apply(fields, tree, including) as Doc;
  const ownId = document.get('_id');
  return id && ownId !== undefined ? new Map([['_id', ownId], ...kept]) : kept;
}

function parse(projection: Doc): { including: boolean; id: boolean; tree: Tree } {
  const tree: Tree = new Map();
  let including: boolean | undefined;
  for (const [path, value] of projection) {
    if (path === '_id') continue;
    const wanted = isWanted(value);
    if (including !== undefined && including !== wanted) {
      throw including
        ? new ModelError(CODES.exclusionInInclusion, `exclusion of ${path} in an inclusion`)
        : new ModelError(CODES.inclusionInExclusion, `inclusion of ${path} in an exclusion`);
    }
    including = wanted;
    plant(tree, path.split('.'));
  }
  const id = projection.get('_id');
  const idWanted = id === undefined || isWanted(id);
  return { including: including ?? (id !== undefined && idWanted), id: idWanted, tree };
}

const isWanted = (value: Value): boolean => (isNumeric(value) ? toNumber(value) !== 0 : value === true);

function plant(tree: Tree, parts: string[]): void {
  const [first, ...rest] = parts as [string, ...string[]];
  const present = tree.get(first);
  if (rest.length === 0) {
    if (present !== undefined) throw new ModelError(CODES.pathCollision, `path collision at ${first}`);
    tree.set(first, true);
    return;
  }
  if (present === true) throw new ModelError(CODES.pathCollisionBelow, `path collision below ${first}`);
  const below: Tree = present ?? new Map<string, true | Tree>();
  tree.set(first, below);
  plant(below, rest);
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
    const left = apply(field, below, including);
    if (left !== undefined) result.set(name, left);
  }
  return result;
}
