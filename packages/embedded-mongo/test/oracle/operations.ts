import type { IndexSpec } from '../model/collection.js';
import type { KeyPattern } from '../model/keys.js';
import type { Doc } from '../model/value.js';

/** One step of the oracle, as data: it can be shown, and run against every collection. */
export type Operation =
  | { kind: 'insert'; documents: Doc[]; ordered: boolean }
  | {
      kind: 'find';
      filter: Doc;
      sort?: KeyPattern;
      skip: number;
      limit: number;
      projection?: Doc;
      batchSize?: number;
    }
  | {
      kind: 'update';
      filter: Doc;
      update: Doc | Doc[];
      arrayFilters?: Doc[];
      multi: boolean;
      upsert: boolean;
    }
  | { kind: 'delete'; filter: Doc; limit: 0 | 1 }
  | {
      kind: 'findAndModify';
      filter: Doc;
      sort: KeyPattern;
      update?: Doc | Doc[];
      arrayFilters?: Doc[];
      upsert: boolean;
      returnNew: boolean;
      projection?: Doc;
    }
  | { kind: 'count'; filter: Doc; skip: number; limit: number; aggregate: boolean }
  | { kind: 'distinct'; filter: Doc; path: string }
  | { kind: 'aggregate'; pipeline: Doc[] }
  | { kind: 'createIndex'; index: IndexSpec }
  | { kind: 'dropIndex'; name: string };
