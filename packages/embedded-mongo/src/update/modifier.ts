import type { Node } from './tree.js';

/** Where an operator is at work, for its messages. */
export interface Where {
  readonly path: string;
  /** The name of the field alone. */
  readonly field: string;
  /** The document by its `_id`: `_id: 1`. */
  document(): string;
}

export const REMOVED = Symbol('removed');

/** What one update operator does at one path. */
export interface Modifier {
  /** What becomes of the value that is there. Undefined: it stays, and the document does not count as modified. */
  readonly change: (current: Node, where: Where) => Node | typeof REMOVED | undefined;
  /** The value for a path that is not there; without it nothing is made. */
  readonly create?: () => Node;
  /** A path that leads through a scalar is no error. */
  readonly anyPath?: boolean;
  /** Only for a document that an upsert inserts. */
  readonly onInsertOnly?: boolean;
  /** The path whose value moves here (`$rename`). */
  readonly from?: readonly string[];
}
