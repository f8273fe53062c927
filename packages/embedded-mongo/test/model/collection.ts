import { compare } from './compare.js';
import { compareKeys, keysOf, type KeyPattern } from './keys.js';
import { matches } from './match.js';
import { CODES, ModelError } from './model-error.js';
import { clone, identity, type Doc, type Value } from './value.js';

export interface IndexSpec {
  readonly name: string;
  readonly pattern: KeyPattern;
  readonly unique?: boolean;
  readonly partial?: Doc;
}

/** Why a document cannot be in a collection; for a duplicate, the indexes it offends. */
export interface Objection {
  readonly code: number;
  readonly indexes: readonly string[];
}

/** The reference: documents in a plain list, indexes only as promises that are checked by looking at everything. */
export class CollectionModel {
  documents: Doc[] = [];
  readonly indexes: IndexSpec[] = [];

  matching(filter: Doc): Doc[] {
    return this.documents.filter((document) => matches(document, filter));
  }

  /** Whether a document could stand in this collection beside the others. */
  objection(candidate: Doc, others: readonly Doc[]): Objection | null {
    const offended: string[] = [];
    if (others.some((other) => compare(idOf(other), idOf(candidate)) === 0)) offended.push('_id_');
    for (const index of this.indexes) {
      try {
        const keys = indexKeys(candidate, index);
        if (index.unique === true && others.some((other) => shareKey(keys, other, index)))
          offended.push(index.name);
      } catch (error) {
        if (error instanceof ModelError) return { code: error.code, indexes: [index.name] };
        throw error;
      }
    }
    return offended.length > 0 ? { code: CODES.duplicateKey, indexes: offended } : null;
  }

  /** Why an index could not be built over the documents there are. */
  buildObjection(index: IndexSpec): Objection | null {
    const trial = new CollectionModel();
    trial.indexes.push(index);
    for (const [position, document] of this.documents.entries()) {
      const objection = trial.objection(document, this.documents.slice(0, position));
      if (objection !== null) return objection;
    }
    return null;
  }

  without(document: Doc): Doc[] {
    return this.documents.filter((other) => other !== document);
  }

  replace(before: Doc, after: Doc): void {
    this.documents = this.documents.map((document) => (document === before ? after : document));
  }

  insert(document: Doc): void {
    this.documents.push(clone(document));
  }

  /** Each document's bytes by the bytes of its `_id`. */
  snapshot(): Map<string, string> {
    return snapshotOf(this.documents);
  }
}

export const idOf = (document: Doc): Value => document.get('_id') ?? null;

export function snapshotOf(documents: readonly Doc[]): Map<string, string> {
  return new Map(documents.map((document) => [identity(idOf(document)), identity(document)]));
}

function indexKeys(document: Doc, index: IndexSpec): ReturnType<typeof keysOf> {
  if (index.partial !== undefined && !matches(document, index.partial)) return [];
  return keysOf(document, index.pattern);
}

function shareKey(keys: ReturnType<typeof keysOf>, other: Doc, index: IndexSpec): boolean {
  const otherKeys = indexKeys(other, index);
  return keys.some((key) => otherKeys.some((otherKey) => compareKeys(key, otherKey, index.pattern) === 0));
}
