import { Injectable, Logger, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { within } from './within.js';

/** The phases of a stop, in order, each with the longest time it may take; together well below ten seconds. */
const PHASES = {
  /** Take no new connections. */
  refuse: 1000,
  /** Finish and acknowledge what was taken; refuse more of it. */
  drain: 4000,
  /** End the connections. */
  disconnect: 1500,
  /** Close the stores. Runs when Nest has closed its servers. */
  close: 2000,
} as const;

export type ShutdownPhase = keyof typeof PHASES;

/**
 * Stops the server in the one order that neither hangs nor loses an ack: readiness says no, then the phases.
 * Whoever has something to end registers it; steps of one phase run at the same time, and a step that fails or
 * takes too long is logged and does not keep the later phases from running.
 */
@Injectable()
export class ShutdownSteps implements OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger(ShutdownSteps.name);
  private readonly steps: { phase: ShutdownPhase; name: string; run: () => unknown }[] = [];
  private begun = false;

  /** True from the first moment of the stop; readiness follows it. */
  get stopping(): boolean {
    return this.begun;
  }

  register(phase: ShutdownPhase, name: string, run: () => unknown): void {
    this.steps.push({ phase, name, run });
  }

  async onModuleDestroy(): Promise<void> {
    this.begun = true;
    for (const phase of ['refuse', 'drain', 'disconnect'] as const) await this.runPhase(phase);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.runPhase('close');
  }

  private async runPhase(phase: ShutdownPhase): Promise<void> {
    const steps = this.steps.filter((step) => step.phase === phase);
    await Promise.all(
      steps.map(async ({ name, run }) => {
        try {
          await within(PHASES[phase], name, async () => run());
        } catch (err) {
          this.logger.error({ err, phase, step: name }, 'a step of the stop failed');
        }
      }),
    );
  }
}
