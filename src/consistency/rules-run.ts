import { setImmediate, setTimeout } from 'node:timers/promises';
import type { ConsistencyRule, ScanDepth, Suspect } from './consistency-rule.js';

/** Suspects of one rule that wait for confirmation at once; bounds memory. */
const MAX_UNCONFIRMED = 10_000;
const MAX_SAMPLES = 20;

export interface RunOptions {
  readonly depth: ScanDepth;
  /** Time for scanning; confirming what was found comes on top. */
  readonly budgetMs?: number;
  /** Rest after each page, in times of what the page took: leaves the store to those whom it serves. */
  readonly restFactor: number;
  /** A suspect is looked at again after each of these; it is damage when it is broken every time. */
  readonly confirmPausesMs: readonly number[];
  /** Ends the run early. */
  readonly signal: AbortSignal;
  /** Told of a rule that failed: its scan is then not complete. */
  readonly onError: (error: unknown) => void;
}

export interface Finding {
  kind: string;
  count: number;
  sampleIds: string[];
}

/** One check of the data: every rule, one after the other, a page at a time. */
export class RulesRun {
  /** False when anything was left out: by time, by an earlier end, by a failure, or as good since an earlier scan. */
  complete = true;
  scanned = 0;
  /** Kinds of damage of which everything was looked at. */
  readonly checkedKinds = new Set<string>();
  private readonly found = new Map<string, Finding>();
  private readonly suspected = new Map<ConsistencyRule, Suspect[]>();
  private readonly deadline: number;

  constructor(private readonly options: RunOptions) {
    this.deadline = performance.now() + (options.budgetMs ?? Infinity);
  }

  get findings(): readonly Finding[] {
    return [...this.found.values()];
  }

  /** Never throws. */
  async execute(rules: readonly ConsistencyRule[]): Promise<this> {
    for (const rule of rules) {
      const everything = await this.attempt(() => this.scan(rule));
      if (everything) Object.keys(rule.kinds).forEach((kind) => this.checkedKinds.add(kind));
      this.complete &&= everything;
    }
    this.complete = (await this.attempt(() => this.confirm())) && this.complete;
    return this;
  }

  /** @returns true when every row was looked at */
  private async scan(rule: ConsistencyRule): Promise<boolean> {
    let everything = true;
    let position: unknown = null;
    do {
      if (this.options.signal.aborted || performance.now() > this.deadline) return false;
      const startedAt = performance.now();
      const page = await rule.scan(position, this.options.depth);
      this.scanned += page.scanned;
      everything &&= page.skipped !== true;
      position = page.next;
      if (page.suspects.length > 0) await this.suspect(rule, page.suspects);
      await this.rest(performance.now() - startedAt);
    } while (position !== null);
    return everything;
  }

  private rest(pageMs: number): Promise<void> {
    const { restFactor, signal } = this.options;
    return restFactor > 0
      ? setTimeout(pageMs * restFactor, undefined, { signal })
      : setImmediate(undefined, { signal });
  }

  private async suspect(rule: ConsistencyRule, more: readonly Suspect[]): Promise<void> {
    const suspects = [...(this.suspected.get(rule) ?? []), ...more];
    this.suspected.set(rule, suspects);
    if (suspects.length >= MAX_UNCONFIRMED) await this.confirm();
  }

  /** Turns what is suspected now into findings, where it stays broken. */
  private async confirm(): Promise<true> {
    for (const pause of this.options.confirmPausesMs) {
      if (this.suspected.size === 0) return true;
      await setTimeout(pause, undefined, { signal: this.options.signal });
      for (const [rule, suspects] of this.suspected) {
        const still = await rule.recheck(suspects);
        if (still.length > 0) this.suspected.set(rule, [...still]);
        else this.suspected.delete(rule);
      }
    }
    for (const suspect of [...this.suspected.values()].flat()) this.count(suspect);
    this.suspected.clear();
    return true;
  }

  private count({ kind, id }: Suspect): void {
    const finding = this.found.get(kind) ?? { kind, count: 0, sampleIds: [] };
    finding.count++;
    if (finding.sampleIds.length < MAX_SAMPLES) finding.sampleIds.push(id);
    this.found.set(kind, finding);
  }

  private async attempt(step: () => Promise<boolean>): Promise<boolean> {
    try {
      return await step();
    } catch (error) {
      if (!this.options.signal.aborted) this.options.onError(error);
      return false;
    }
  }
}
