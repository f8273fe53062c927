import { matches } from './match.js';
import { CODES, ModelError } from './model-error.js';
import { isDoc, type Doc, type Value } from './value.js';

/** The filters of an update by the identifiers they are for. */
export type ArrayFilters = Map<string, Doc>;

/** What a path with `$`, `$[]` or `$[id]` means in one document: plain paths, and where it fails. */
export type Resolved = { parts: string[]; template: string[]; code?: number };

export const identifierOf = (part: string): string | undefined => /^\$\[(.*)\]$/.exec(part)?.[1];

/** @throws ModelError for filters without one identifier of their own. */
export function parseArrayFilters(filters: Doc[]): ArrayFilters {
  const parsed: ArrayFilters = new Map();
  for (const filter of filters) {
    const names = new Set(identifiers(filter));
    const [name] = names;
    if (name === undefined || names.size > 1 || parsed.has(name)) {
      throw new ModelError(CODES.failedToParse, 'an array filter needs one identifier of its own');
    }
    parsed.set(name, filter);
  }
  return parsed;
}

function identifiers(filter: Doc): string[] {
  return [...filter].flatMap(([name, condition]) =>
    name.startsWith('$') ? (condition as Doc[]).flatMap(identifiers) : [name.split('.')[0] as string],
  );
}

/** All is decided on the document as it is before the update. */
export function resolve(
  template: string[],
  document: Doc,
  filters: ArrayFilters,
  position: number | undefined,
): Resolved[] {
  const follow = (value: Value | undefined, taken: string[]): Resolved[] => {
    const part = template[taken.length];
    if (part === undefined) return [{ parts: taken, template }];
    const failed = [{ parts: taken, template, code: CODES.badValue }];
    const identifier = identifierOf(part);
    if (identifier !== undefined) {
      if (!Array.isArray(value)) return failed;
      return value.flatMap((item, index) => {
        const filter = identifier === '' ? undefined : (filters.get(identifier) as Doc);
        const chosen = filter === undefined || matches(new Map([[identifier, item]]), filter);
        return chosen ? follow(item, [...taken, String(index)]) : [];
      });
    }
    if (part === '$' && position === undefined) return failed;
    const name = part === '$' ? String(position) : part;
    return follow(below(value, name), [...taken, name]);
  };
  return follow(document, []);
}

function below(value: Value | undefined, name: string): Value | undefined {
  if (isDoc(value)) return value.get(name);
  return Array.isArray(value) && /^\d+$/.test(name) ? value[Number(name)] : undefined;
}

/** Two paths that came to meet in this document, where they did. */
export function collisions(all: Resolved[]): Resolved[] {
  return all.flatMap((left, index) =>
    all.slice(index + 1).flatMap((right) => {
      const at = left.template.findIndex((part, depth) => part !== right.template[depth]);
      const meet = left.parts.slice(0, at + 1);
      return at >= 0 && clash(left, right, at)
        ? [{ parts: meet, template: meet, code: CODES.conflictingUpdateOperators }]
        : [];
    }),
  );
}

/** Both get as far as to one place, by ways that part at `at`, and do not part behind it. */
function clash(left: Resolved, right: Resolved, at: number): boolean {
  const shorter = Math.min(left.parts.length, right.parts.length);
  return shorter > at && left.parts.slice(0, shorter).every((part, depth) => part === right.parts[depth]);
}
