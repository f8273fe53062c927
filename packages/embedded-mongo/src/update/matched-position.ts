import { T } from '../bson/types.js';
import { elements, findField, type Value } from '../bson/value.js';
import { conjuncts, type Filter } from '../query/filter.js';
import { compileFilter, compileValueFilter, expands, leafTest, type Leaf } from '../query/matcher.js';
import { parsePath, somePathValue, type Path } from '../query/path.js';

type Test = (value: Value) => boolean;
type Finder = (doc: Buffer) => number | undefined;

/**
 * Which element of an array made a document match: what `$` stands for in an update. Of several conditions the last one in
 * MongoDB's own order decides; what lies below `$or`, `$nor` or `$not` tells nothing.
 */
export function compileMatchedPosition(filter: Filter): Finder {
  const finders = conjuncts(filter).filter(isLeaf).sort(canonicalOrder).map(finderOf).reverse();
  return (doc) => {
    for (const find of finders) {
      const position = find(doc);
      if (position !== undefined) return position;
    }
    return undefined;
  };
}

function isLeaf(filter: Filter): filter is Leaf {
  return 'path' in filter;
}

const ORDER = ['elemMatch', 'size', 'eq', 'lte', 'lt', 'gt', 'gte', 'regex', 'mod', 'exists', 'in'];

function canonicalOrder(a: Leaf, b: Leaf): number {
  return rank(a) - rank(b) || Buffer.compare(Buffer.from(a.path.text), Buffer.from(b.path.text));
}

function rank(leaf: Leaf): number {
  if (leaf.op === 'elemMatch' && leaf.ofValues) return 0.5;
  const index = ORDER.indexOf(leaf.op);
  return index < 0 ? ORDER.length : index;
}

function finderOf(leaf: Leaf): Finder {
  const { path } = leaf;
  const rests = path.parts.map((_, depth) => parsePath(path.parts.slice(depth).join('.')));
  const search: Search = { rests, test: leafTest(leaf), expand: expands(leaf), element: elementTest(leaf) };
  return (doc) => inDocument(doc, 0, 0, search);
}

interface Search {
  /** The path from each depth on. */
  readonly rests: readonly Path[];
  readonly test: Test;
  readonly expand: boolean;
  /** Does this element fulfil the condition on the array it is in? Undefined: only the array as a whole can. */
  readonly element: Test | undefined;
}

function elementTest(leaf: Leaf): Test | undefined {
  if (leaf.op !== 'elemMatch') return expands(leaf) || leaf.op === 'exists' ? leafTest(leaf) : undefined;
  if (leaf.ofValues) return compileValueFilter(leaf.child, false);
  const matches = compileFilter(leaf.child);
  return ({ type, buf, start }) => (type === T.object || type === T.array) && matches(buf, start);
}

function inDocument(buf: Buffer, start: number, depth: number, search: Search): number | undefined {
  const value = findField(buf, start, search.rests[depth]!.names[0]!);
  if (value?.type === T.array) return inArray(value, depth + 1, search);
  if (value?.type !== T.object || depth === search.rests.length - 1) return undefined;
  return inDocument(buf, value.start, depth + 1, search);
}

/** The outermost array on the path counts, but not one that the path itself names a place in. */
function inArray(array: Value, depth: number, search: Search): number | undefined {
  const { rests, test, expand, element: fulfils } = search;
  const rest = rests[depth];
  let index = 0;
  for (const element of elements(array.buf, array.start)) {
    if (!rest) {
      if (fulfils?.(element)) return index;
    } else {
      const { buf, type, start } = element;
      if (type === T.object && somePathValue(buf, start, rest, test, expand)) return index;
      if (index === rest.positions[0]) {
        if (depth === rests.length - 1) return test(element) ? index : undefined;
        if (type === T.object) return inDocument(buf, start, depth + 1, search);
        if (type === T.array) return inArray(element, depth + 1, search);
      }
    }
    index++;
  }
  return undefined;
}
