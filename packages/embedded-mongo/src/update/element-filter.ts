import type { Value } from '../bson/value.js';
import { CommandError, ErrorCode } from '../errors.js';
import type { Filter } from '../query/filter.js';
import { parseFilter } from '../query/parse-filter.js';

/** A filter on the elements of an array, where expressions on whole documents have no place. */
export function parseElementFilter(value: Value): Filter {
  const filter = parseFilter(value);
  if (hasExpression(filter)) {
    throw new CommandError(ErrorCode.QueryFeatureNotAllowed, '$expr is not allowed in this context');
  }
  return filter;
}

function hasExpression(filter: Filter): boolean {
  if (filter.op === 'expr') return true;
  return 'children' in filter && filter.children.some(hasExpression);
}
