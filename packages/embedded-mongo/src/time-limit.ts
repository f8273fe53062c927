import { CommandError, ErrorCode } from './errors.js';
import type { KeyRange, KvEntry, KvView } from './kv/view.js';
import type { ReadScope } from './scope.js';

/** The clock is looked at once in so many rows. */
const ROWS = 128;

/** What is left of a command's `maxTimeMS`. A cursor keeps the rest for its next batches. */
export class TimeLimit {
  private since = 0;

  constructor(private left: number) {}

  /** Runs something on this time. Throws MaxTimeMSExpired as soon as it is used up. */
  during<T>(run: () => T): T {
    this.since = performance.now();
    try {
      return run();
    } finally {
      this.left -= performance.now() - this.since;
    }
  }

  check(): void {
    if (performance.now() - this.since < this.left) return;
    throw new CommandError(ErrorCode.MaxTimeMSExpired, 'operation exceeded time limit');
  }
}

/** The same scope, where reading ends when the time is up. */
export function withinLimit(scope: ReadScope, limit: TimeLimit): ReadScope {
  const view = new LimitedView(scope.view, limit);
  return {
    view,
    get collections() {
      return scope.collections;
    },
  };
}

class LimitedView implements KvView {
  private rows = 0;

  constructor(
    private readonly view: KvView,
    private readonly limit: TimeLimit,
  ) {}

  get(key: Buffer): Buffer | undefined {
    this.tick();
    return this.view.get(key);
  }

  peek(key: Buffer): Buffer | undefined {
    this.tick();
    return this.view.peek(key);
  }

  *range(range: KeyRange): Generator<KvEntry> {
    for (const entry of this.view.range(range)) {
      this.tick();
      yield entry;
    }
  }

  count(start: Buffer, end: Buffer): number {
    this.limit.check();
    return this.view.count(start, end);
  }

  private tick(): void {
    if (++this.rows % ROWS === 0) this.limit.check();
  }
}
