import { Backoff, type BackoffOptions } from './backoff.js';
import type { Channel } from './channel.js';
import type { Environment } from './environment.js';
import type { NestimError } from './errors.js';
import { Gate } from './gate.js';
import { fetchStates } from './state-source.js';
import type { Store } from './store.js';
import type { SeqRange } from './timeline.js';

/** Pulls under way at once; the server lets one socket have 64. */
const PULLS = 8;
const PULL_PAGE = 500;
/** How often a range is asked for that the server does not know yet: one of several nodes may be a moment behind. */
const PULL_TRIES = 5;
/** Waits between fetches of states that change meanwhile: the client is not online before they have come to rest. */
const REFRESH_PACE = { baseMs: 250, maxMs: 2_000 };

/** What lasts from one connection to the next. */
export interface SyncProgress {
  cursor: string | undefined;
  /** The states were whole once: from then on every message is told, also those of new conversations. */
  everSynced: boolean;
}

/** The work of one connection: fetches states when they may have changed, and pulls the messages that are missing. */
export class CatchUp {
  private stale = false;
  private running?: Promise<void>;
  private readonly gate = new Gate(PULLS);
  private readonly filling = new Map<string, Promise<void>>();

  constructor(
    private readonly channel: Channel,
    private readonly store: Store,
    private readonly progress: SyncProgress,
    private readonly options: { environment: Environment; catchUpLimit: number },
  ) {}

  /** Resolves when states and messages are up to date. @throws NestimError, `CONNECTION_LOST` when it broke */
  refresh(): Promise<void> {
    this.stale = true;
    return (this.running ??= this.run());
  }

  /** Pulls what one conversation misses; while states are being fetched that comes after them. */
  async fill(conversationId: string): Promise<void> {
    if (!this.running) await this.pullAll(conversationId);
  }

  private async run(): Promise<void> {
    try {
      const pace = this.newBackoff(REFRESH_PACE);
      do await this.fetchStale(pace);
      while (this.stale || this.store.listIncomplete().length > 0);
    } finally {
      // At once: to whom comes later it would seem to run, and nobody would look again.
      this.running = undefined;
    }
  }

  private async fetchStale(pace: Backoff): Promise<void> {
    while (this.stale) {
      this.stale = false;
      await this.fetchAll();
      if (this.stale) await this.wait(pace.next());
    }
    this.store.dropStrays();
    this.progress.everSynced = true;
    await Promise.all(this.store.listIncomplete().map((conversationId) => this.pullAll(conversationId)));
  }

  private async fetchAll(): Promise<void> {
    let { cursor } = this.progress;
    for (let more = true; more;) {
      const page = await fetchStates(this.channel, cursor);
      if (page.reset) this.progress.everSynced = false;
      this.store.applyStates(page, this.progress.everSynced);
      ({ cursor, more } = page);
    }
    this.progress.cursor = cursor;
  }

  private pullAll(conversationId: string): Promise<void> {
    const underWay = this.filling.get(conversationId);
    if (underWay) return underWay;
    const pulled = this.pullRanges(conversationId);
    // Else it has ended already.
    if (this.store.missing(conversationId)) this.filling.set(conversationId, pulled);
    return pulled;
  }

  private async pullRanges(conversationId: string): Promise<void> {
    const pace = this.newBackoff();
    let tries = 0;
    try {
      for (let range; (range = this.store.missing(conversationId));) {
        const excess = range.toSeq - this.options.catchUpLimit;
        if (excess >= range.fromSeq) this.store.skip(conversationId, excess);
        else if (await this.pull(conversationId, range)) tries = 0;
        else if ((tries += 1) < PULL_TRIES) await this.wait(pace.next());
        else this.store.skip(conversationId, range.toSeq);
      }
    } finally {
      this.filling.delete(conversationId);
    }
  }

  /** @returns false when it brought nothing */
  private async pull(conversationId: string, range: SeqRange): Promise<boolean> {
    try {
      const request = { conversationId, ...range, limit: PULL_PAGE };
      const page = await this.gate.run(() => this.channel.insist('message:pull', request));
      return this.store.applyPage(range, conversationId, page);
    } catch (error) {
      if ((error as NestimError).code !== 'CONVERSATION_NOT_FOUND') throw error;
      this.store.skip(conversationId, range.toSeq);
      return true;
    }
  }

  private newBackoff(bounds?: BackoffOptions): Backoff {
    return new Backoff(() => this.options.environment.random(), bounds);
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.options.environment.after(ms, resolve));
  }
}
