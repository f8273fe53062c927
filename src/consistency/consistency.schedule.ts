import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { StartError } from '../common/start-error.js';
import { AppConfig } from '../config/app-config.js';
import { ConsistencyRunner } from './consistency-runner.js';

/** Checks the data at start, for a bounded time before the server listens, and then again and again. */
@Injectable()
export class ConsistencySchedule implements OnApplicationBootstrap {
  constructor(
    private readonly config: AppConfig,
    private readonly runner: ConsistencyRunner,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  /** @throws StartError in mode `strict` naming what was found */
  async onApplicationBootstrap(): Promise<void> {
    const checked = await this.checkAtStart();
    const { consistencyIntervalMinutes: minutes } = this.config;
    if (minutes === 0) return;
    // What the start had no time for is looked at while the server serves.
    if (!checked) void this.runner.run();
    this.scheduler.addInterval(
      'consistency',
      setInterval(() => void this.runner.run(), minutes * 60_000),
    );
  }

  /** @returns false when something remains to be looked at soon */
  private async checkAtStart(): Promise<boolean> {
    const { consistencyAtStart: mode, consistencyStartBudgetMs } = this.config;
    if (mode === 'off') return true;
    const { findings, complete } = await this.runner.runAtStart(consistencyStartBudgetMs);
    if (mode === 'strict' && findings.length > 0) {
      const lines = findings.map(
        ({ kind, count, sampleIds = [] }) => `  ${kind}: ${count} (${sampleIds.join(', ')})`,
      );
      throw new StartError(
        `the data have damage (NESTIM_CONSISTENCY_AT_START=warn starts anyway):\n${lines.join('\n')}`,
      );
    }
    return complete;
  }
}
