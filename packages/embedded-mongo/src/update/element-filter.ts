import type { Value } from '../bson/value.js';
import type { Filter } from '../query/filter.js';
import { parseFilter } from '../query/parse-filter.js';

/** A filter on the elements of an array, where expressions on whole documents have no place. */
export function parseElementFilter(value: Value): Filter {
  return parseFilter(value, undefined, 'this context');
}
