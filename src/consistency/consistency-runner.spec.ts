import { setImmediate } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { DiscoveryService } from '@nestjs/core';
import type { AppConfig } from '../config/app-config.js';
import { loadConfig } from '../config/load-config.js';
import { ShutdownSteps } from '../infra/lifecycle/shutdown-steps.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { Consistency, type ConsistencyRule } from './consistency-rule.js';
import { ConsistencyRunner } from './consistency-runner.js';

/** Each scan takes one permit, and waits for it. */
class HeldRule implements ConsistencyRule {
  readonly kinds = { held: 'what it is' };
  scans = 0;
  private atOnce = 0;
  private readonly permits: Promise<void>[] = [];
  private readonly grants: (() => void)[] = [];

  constructor(private readonly damaged = false) {
    for (let i = 0; i < 3; i++) this.permits.push(new Promise((resolve) => this.grants.push(resolve)));
  }

  async scan() {
    expect(++this.atOnce).toBe(1);
    await this.permits[this.scans++];
    this.atOnce--;
    return { scanned: 1, suspects: this.damaged ? [{ kind: 'held', id: 'x', key: 'x' }] : [], next: null };
  }

  recheck<T>(suspects: readonly T[]) {
    return Promise.resolve(suspects);
  }

  release(): void {
    this.grants.shift()!();
  }
}

function aRunner(...rules: ConsistencyRule[]) {
  const discovery = {
    getProviders: ({ metadataKey }: { metadataKey: string }) => {
      expect(metadataKey).toBe(Consistency.KEY);
      return rules.map((instance) => ({ instance }));
    },
  } as unknown as DiscoveryService;
  const metrics = new Metrics();
  const steps = new ShutdownSteps();
  const config: AppConfig = loadConfig({}).config;
  return { runner: new ConsistencyRunner(discovery, metrics, config, steps), metrics, steps };
}

beforeAll(() => Logger.overrideLogger(false));

describe('the runner', () => {
  it('R20: has never run at first, and then keeps the last result', async () => {
    const rule = new HeldRule();
    const { runner } = aRunner(rule);
    expect(runner.lastReport).toMatchObject({ status: 'never-run', complete: false, checkedAt: null });
    const running = runner.run();
    expect(runner.lastReport.status).toBe('never-run');
    rule.release();
    const report = await running;
    expect(report).toMatchObject({ status: 'ok', complete: true, scanned: 1, findings: [] });
    expect(runner.lastReport).toBe(report);
  });

  it('runs once at a time, and once more for all who asked meanwhile', async () => {
    const rule = new HeldRule();
    const { runner } = aRunner(rule);
    const first = runner.run();
    const meanwhile = [runner.run(), runner.run()];
    rule.release();
    await first;
    const late = runner.run();
    rule.release();
    const [a, b] = await Promise.all(meanwhile);
    expect(a).toBe(b);
    expect(a).not.toBe(await first);
    rule.release();
    expect(await late).not.toBe(a);
    expect(rule.scans).toBe(3);
  });

  it('R19: counts each kind, 0 when all of it was looked at and is good', async () => {
    const bad = new HeldRule(true);
    const { runner, metrics } = aRunner(bad, {
      kinds: { good: 'never found', good_too: 'never found' },
      scan: () => Promise.resolve({ scanned: 1, suspects: [], next: null }),
      recheck: () => Promise.resolve([]),
    });
    const running = runner.run();
    bad.release();
    await running;
    const { values } = await metrics.consistencyFindings.get();
    expect(Object.fromEntries(values.map(({ labels, value }) => [labels.kind, value]))).toEqual({
      held: 1,
      good: 0,
      good_too: 0,
    });
    expect((await metrics.consistencyLastRun.get()).values[0]!.value).toBeCloseTo(Date.now() / 1000, -1);
  });

  it('R19: says nothing of kinds, nor that it has run, when it was stopped half-way', async () => {
    const rule = new HeldRule();
    const { runner, metrics, steps } = aRunner(rule, new HeldRule());
    const running = runner.run();
    const stopped = steps.onModuleDestroy();
    await setImmediate();
    rule.release();
    await stopped;
    expect(await running).toMatchObject({ status: 'incomplete', complete: false, findings: [] });
    expect((await metrics.consistencyFindings.get()).values).toEqual([]);
    expect((await metrics.consistencyLastRun.get()).values[0]!.value).toBe(0);
  });
});
