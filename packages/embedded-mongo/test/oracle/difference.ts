import { show, type Doc } from '../model/value.js';

/** The store answered otherwise than the model. */
export class Difference extends Error {}

export function differ(what: string, expected: unknown, actual: unknown): never {
  throw new Difference(`${what}\n  expected ${show(expected)}\n  actual   ${show(actual)}`);
}

/** What changed between two states: ids with their bytes before and after. */
export interface Change {
  id: string;
  before?: string;
  after?: string;
}

export function changesBetween(before: Map<string, string>, after: Map<string, string>): Change[] {
  const changes: Change[] = [];
  for (const [id, bytes] of before) {
    const now = after.get(id);
    if (now === undefined) changes.push({ id, before: bytes });
    else if (now !== bytes) changes.push({ id, before: bytes, after: now });
  }
  for (const [id, bytes] of after) if (!before.has(id)) changes.push({ id, after: bytes });
  return changes;
}

export const describeAll = (documents: readonly Doc[]): string => documents.map(show).join('\n           ');
