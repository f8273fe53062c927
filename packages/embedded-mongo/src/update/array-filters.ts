import type { Value } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { badValue, CommandError, ErrorCode } from '../errors.js';
import type { Filter } from '../query/filter.js';
import { compileFilter } from '../query/matcher.js';
import { parseElementFilter } from './element-filter.js';

/** For each identifier of `$[<id>]`: which elements are meant. */
export type ArrayFilters = ReadonlyMap<string, (element: Value) => boolean>;

/** Parses `arrayFilters`: each is a filter on one identifier, as if the element were that field of a document. */
export function parseArrayFilters(filters: readonly Value[]): ArrayFilters {
  const parsed = new Map<string, (element: Value) => boolean>();
  for (const value of filters) {
    const filter = inContext(() => parseElementFilter(value));
    const name = inContext(() => checkedName(filter));
    if (name === undefined) {
      throw failed('Cannot use an expression without a top-level field name in arrayFilters');
    }
    if (parsed.has(name)) {
      throw failed(`Found multiple array filters with the same top-level field name ${name}`);
    }
    const matches = compileFilter(filter);
    parsed.set(name, (element) =>
      matches(
        buildDocument((writer) => writer.value(name, element)),
        0,
      ),
    );
  }
  return parsed;
}

function failed(message: string): CommandError {
  return new CommandError(ErrorCode.FailedToParse, message);
}

function inContext<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(error.code, `Error parsing array filter :: caused by :: ${error.message}`);
  }
}

function checkedName(filter: Filter): string | undefined {
  const name = topLevelName(filter);
  if (name !== undefined && !/^[a-z][a-zA-Z0-9]*$/.test(name)) {
    throw badValue(
      `The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
    );
  }
  return name;
}

function topLevelName(filter: Filter): string | undefined {
  if ('path' in filter) return filter.path.parts[0];
  const children = 'children' in filter ? filter.children : 'child' in filter ? [filter.child] : [];
  let name: string | undefined;
  for (const child of children) {
    const other = topLevelName(child);
    if (name !== undefined && other !== undefined && other !== name) {
      throw failed(`Expected a single top-level field name, found '${name}' and '${other}'`);
    }
    name ??= other;
  }
  return name;
}
