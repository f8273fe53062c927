import { MAX_DOCUMENT } from '../bson/validate.js';
import type { DocumentSource, Take } from '../commands/cursors.js';
import { CommandError, ErrorCode } from '../errors.js';
import { explained } from './operator.js';
import type { Docs } from './stage.js';

/** A reply's document may be that much larger than a stored one. */
const MAX_RESULT = MAX_DOCUMENT + 16 * 1024;

/** The documents of a stream, taken as they are asked for. */
export class StreamSource implements DocumentSource {
  private readonly docs: Iterator<Buffer>;
  /** The one that did not fit the last batch. */
  private waiting: Buffer | undefined;

  constructor(docs: Docs) {
    this.docs = docs[Symbol.iterator]();
  }

  drain(take: Take): 'more' | 'done' {
    for (;;) {
      let doc = this.waiting;
      this.waiting = undefined;
      if (!doc) {
        const next = explained('PlanExecutor error during aggregation', () => this.docs.next());
        if (next.done) return 'done';
        doc = next.value;
        if (doc.length > MAX_RESULT) {
          throw new CommandError(
            ErrorCode.BSONObjectTooLarge,
            `BSONObj size: ${doc.length} is invalid. Size must be between 0 and ${MAX_RESULT}(16MB)`,
          );
        }
      }
      const taken = take(doc);
      if (taken === true) continue;
      if (!taken) this.waiting = doc;
      return 'more';
    }
  }
}
