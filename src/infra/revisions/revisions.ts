import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RevisionsRepository } from './revisions.repository.js';

/** Revisions in a millisecond: they are the clock's milliseconds, made finer. */
export const PER_MS = 1000;
/** How far ahead of the last one revisions are reserved in the store. */
const RESERVE = 60_000 * PER_MS;
/** After an unknown outcome the write may still show up for so long. */
const UNKNOWN_MS = 30_000;

/**
 * The order of changes, for `sync`. A change carries the revision it was given in its own row. Revisions follow the clock, but
 * never go back, neither when the clock does nor over a restart: what was given is bounded by a ceiling in the store, which
 * is raised before it is reached.
 */
@Injectable()
export class Revisions implements OnModuleInit {
  private last = 0;
  private ceiling = 0;
  private epochId = '';
  private raising: Promise<void> | null = null;
  /** Given, and not yet known to be stored; the oldest first. */
  private readonly open = new Set<number>();

  constructor(private readonly repository: RevisionsRepository) {}

  async onModuleInit(): Promise<void> {
    const { epoch, ceiling } = await this.repository.getOrCreate();
    this.epochId = epoch;
    this.last = ceiling;
    await this.raise(Math.max(ceiling, clock()));
  }

  /** Names the store that the revisions belong to. */
  get epoch(): string {
    return this.epochId;
  }

  /** Every change of this process with a revision up to here is stored; every later one gets a higher revision. */
  get horizon(): number {
    for (const oldest of this.open) return oldest - 1;
    this.last = Math.max(this.last, Math.min(clock(), this.ceiling));
    return this.last;
  }

  /** Runs a write under the next revision. The horizon stays below it until the write and all within are done. */
  async stamp<T>(write: (revision: number) => Promise<T>): Promise<T> {
    let revision = Math.max(clock(), this.last + 1);
    while (revision > this.ceiling) {
      await this.raise(revision);
      revision = Math.max(clock(), this.last + 1);
    }
    if (revision > this.ceiling - RESERVE / 2) void this.raise(revision).catch(() => undefined);
    this.last = revision;
    this.open.add(revision);
    let stored = false;
    try {
      const result = await write(revision);
      stored = true;
      return result;
    } finally {
      if (stored) this.open.delete(revision);
      else setTimeout(() => this.open.delete(revision), UNKNOWN_MS).unref();
    }
  }

  private raise(above: number): Promise<void> {
    const ceiling = above + RESERVE;
    this.raising ??= this.repository
      .raiseCeiling(ceiling)
      .then(() => void (this.ceiling = Math.max(this.ceiling, ceiling)))
      .finally(() => (this.raising = null));
    return this.raising;
  }
}

const clock = (): number => Date.now() * PER_MS;
