import { elementsOf, type Value } from '../bson/value.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import type { IndexInfo } from '../catalog/index-info.js';
import { CommandError } from '../errors.js';
import { KeyWriter, prefixEnd } from '../kv/key-writer.js';
import { hinted, orderOf, type Hint, type IndexPlan } from './planner.js';
import type { SortField } from './sort.js';

/** The part of an index that `min` (with it) and `max` (without it) leave. */
export interface Between {
  readonly min: Value | undefined;
  readonly max: Value | undefined;
}

const incompatible = () => new CommandError(51174, 'The index chosen is not compatible with min/max');

export function planBetween(
  ns: CollectionInfo,
  { min, max }: Between,
  sort: readonly SortField[],
  hint: Hint | undefined,
): IndexPlan & { readonly sorted: boolean } {
  if (!hint)
    throw new CommandError(51173, 'When using min()/max() a hint of which index to use must be provided');
  if ('natural' in hint) throw incompatible();
  const index = hinted(ns, hint);
  const whole = keyOf(index, undefined);
  const start = keyOf(index, min);
  const end = max ? keyOf(index, max) : prefixEnd(whole);
  if (start.compare(end) >= 0) {
    throw new CommandError(
      51175,
      'The value provided for min() does not come before the value provided for max()',
    );
  }
  const { direction, sorted } = orderOf(index, [], sort);
  return {
    kind: 'index',
    index,
    bounds: [],
    ranges: [{ start, end, point: false }],
    reverse: direction === -1,
    sorted: sorted === true,
    exact: false,
  };
}

/** The key of a value for each field of the index; of none, what all its keys start with. */
function keyOf(index: IndexInfo, values: Value | undefined): Buffer {
  const writer = new KeyWriter().start(index.ident);
  if (!values) return writer.key();
  const given = elementsOf(values);
  const fits = given.length === index.fields.length;
  if (!fits || given.some(({ name }, i) => name !== index.fields[i]!.path.text)) throw incompatible();
  given.forEach((value, i) => writer.field(value, index.fields[i]!.descending));
  return writer.key();
}
