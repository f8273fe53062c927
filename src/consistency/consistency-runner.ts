import { Injectable, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { ConsistencyReport } from '@nestim/protocol';
import { AppConfig } from '../config/app-config.js';
import { ShutdownSteps } from '../infra/lifecycle/shutdown-steps.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { Consistency, type ConsistencyRule } from './consistency-rule.js';
import { type RunOptions, RulesRun } from './rules-run.js';

/** The rules know of what their own process has half-way, so that one more look is enough. */
const ALONE_MS = [0];
/** Of what other processes have half-way they do not; together longer than making a big group takes. */
const WITH_OTHERS_MS = [200, 800, 3000];

type Limits = Pick<RunOptions, 'depth' | 'budgetMs' | 'restFactor'>;

/** While the server serves, most of the store's time is for that. */
const WHOLE: Limits = { depth: 'whole', restFactor: 2 };

const NEVER_RUN: ConsistencyReport = {
  status: 'never-run',
  complete: false,
  checkedAt: null,
  durationMs: 0,
  scanned: 0,
  findings: [],
};

/** Finds every feature's rules by injection, runs them, one run at a time, and keeps the last result. */
@Injectable()
export class ConsistencyRunner {
  private readonly logger = new Logger(ConsistencyRunner.name);
  private readonly stopping = new AbortController();
  private last = NEVER_RUN;
  private underWay: Promise<ConsistencyReport> | null = null;
  private waiting: Promise<ConsistencyReport> | null = null;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly metrics: Metrics,
    private readonly config: AppConfig,
    steps: ShutdownSteps,
  ) {
    steps.register('drain', 'consistency check', () => {
      this.stopping.abort();
      return this.underWay;
    });
  }

  /** The result of the last run that ended. */
  get lastReport(): ConsistencyReport {
    return this.last;
  }

  /** Looks at everything. While a run is under way all further calls share the one that begins after it. */
  run(): Promise<ConsistencyReport> {
    if (this.waiting) return this.waiting;
    if (!this.underWay) return this.start(WHOLE);
    this.waiting = this.underWay.then(() => {
      this.waiting = null;
      return this.start(WHOLE);
    });
    return this.waiting;
  }

  /** Looks first at what is new since the last scan, then at as much of the rest as the time allows. */
  runAtStart(budgetMs: number): Promise<ConsistencyReport> {
    return this.start({ depth: 'tail', budgetMs, restFactor: 0 });
  }

  private start(limits: Limits): Promise<ConsistencyReport> {
    this.underWay = this.check(limits).finally(() => (this.underWay = null));
    return this.underWay;
  }

  private async check(limits: Limits): Promise<ConsistencyReport> {
    const startedAt = performance.now();
    const rules = this.rules();
    const run = await new RulesRun({
      ...limits,
      confirmPausesMs: this.config.mongodbUri === undefined ? ALONE_MS : WITH_OTHERS_MS,
      signal: this.stopping.signal,
      onError: (err) => this.logger.error({ err }, 'a consistency rule failed'),
    }).execute(rules);
    const { complete, scanned } = run;
    const findings = run.findings.map((finding) => ({ ...finding }));
    const status = findings.length > 0 ? 'findings' : complete ? 'ok' : 'incomplete';
    const durationMs = Math.round(performance.now() - startedAt);
    this.last = { status, complete, checkedAt: Date.now(), durationMs, scanned, findings };
    this.measure(run);
    this.log(this.last, rules);
    return this.last;
  }

  private rules(): ConsistencyRule[] {
    const wrappers = this.discovery.getProviders({ metadataKey: Consistency.KEY });
    const rules = [...new Set(wrappers.map((wrapper) => wrapper.instance as ConsistencyRule))];
    // First those that need little at start, so that a short time is enough for what a crash may have damaged.
    return rules.sort((a, b) => Number(b.hasTail ?? false) - Number(a.hasTail ?? false));
  }

  /** A kind is only said to be clean, and a run only to have been made, when everything was looked at. */
  private measure(run: RulesRun): void {
    for (const kind of run.checkedKinds) this.metrics.consistencyFindings.set({ kind }, 0);
    for (const { kind, count } of run.findings) this.metrics.consistencyFindings.set({ kind }, count);
    if (run.complete) this.metrics.consistencyLastRun.set(Date.now() / 1000);
  }

  private log(report: ConsistencyReport, rules: ConsistencyRule[]): void {
    const meanings = Object.assign({}, ...rules.map((rule) => rule.kinds)) as Record<string, string>;
    const findings = report.findings.map((finding) => ({ ...finding, meaning: meanings[finding.kind] }));
    if (findings.length > 0) this.logger.warn({ ...report, findings }, 'the data have damage');
    else this.logger.log(report, 'consistency check done');
  }
}
