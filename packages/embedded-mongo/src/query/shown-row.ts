import { T } from '../bson/types.js';
import { NULL } from '../bson/value.js';
import { buildDocument } from '../bson/writer.js';
import { unsupported } from '../errors.js';
import { plainPathValue } from './path.js';
import type { Plan } from './planner.js';
import type { Projection } from './projection.js';
import type { Row } from './scan.js';

/** What of a row the client wants to see. */
export interface Shown {
  readonly projection?: Projection | undefined;
  /** The index key it was found by, in place of the document. */
  readonly returnKey?: boolean;
  /** Not beside a key. */
  readonly showRecordId?: boolean;
}

export function showRow(plan: Plan, { projection, returnKey, showRecordId }: Shown): (row: Row) => Buffer {
  const shown = returnKey ? keyOf(plan) : projection;
  if (!showRecordId || returnKey) return shown ? ({ doc }) => shown(doc) : ({ doc }) => doc;
  return ({ doc, recordId }) =>
    buildDocument((writer) => {
      writer.elementsOf(shown ? shown(doc) : doc, 0);
      writer.long('$recordId', BigInt(recordId));
    });
}

/** Without an index there is no key to show. */
function keyOf(plan: Plan): Projection {
  if (plan.kind === 'union' || (plan.kind === 'index' && plan.index.multikey))
    throw unsupported('returnKey with several keys or scans');
  const fields = plan.kind === 'index' ? plan.index.fields : [];
  return (doc) =>
    buildDocument((writer) => {
      for (const { path } of fields) {
        const value = plainPathValue(doc, 0, path)!;
        writer.value(path.text, value.type === T.missing ? NULL : value);
      }
    });
}
