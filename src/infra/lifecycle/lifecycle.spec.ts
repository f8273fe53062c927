import { Logger } from '@nestjs/common';
import { StartError } from '../../common/start-error.js';
import { InFlightRequests } from './in-flight-requests.js';
import { reach } from './reach.js';
import { ShutdownSteps } from './shutdown-steps.js';

beforeAll(() => Logger.overrideLogger(false));

describe('stop', () => {
  it('runs the phases in order, whoever registered first, and says so from the first moment', async () => {
    const steps = new ShutdownSteps();
    const order: string[] = [];
    for (const phase of ['close', 'disconnect', 'drain', 'refuse'] as const) {
      steps.register(phase, phase, async () => {
        order.push(`${phase} ${steps.stopping}`);
        await new Promise(setImmediate);
        order.push(`${phase} ended`);
      });
    }
    expect(steps.stopping).toBe(false);
    await steps.onModuleDestroy();
    await steps.onApplicationShutdown();
    const phases = ['refuse', 'drain', 'disconnect', 'close'];
    expect(order).toEqual(phases.flatMap((phase) => [`${phase} true`, `${phase} ended`]));
  });

  it('goes on after a step that fails and after one that hangs', async () => {
    const steps = new ShutdownSteps();
    let closed = false;
    steps.register('refuse', 'hangs', () => new Promise(() => undefined));
    steps.register('drain', 'fails', () => {
      throw new Error('broken');
    });
    steps.register('disconnect', 'works', () => (closed = true));
    await steps.onModuleDestroy();
    expect(closed).toBe(true);
  });

  it('waits for the requests that are being answered', async () => {
    const requests = new InFlightRequests();
    await requests.drained();
    const leave = [requests.enter(), requests.enter()];
    let drained = false;
    const waiting = requests.drained().then(() => (drained = true));
    leave[0]!();
    await new Promise(setImmediate);
    expect(drained).toBe(false);
    leave[1]!();
    await waiting;
  });
});

describe('start', () => {
  it('tries again until a dependency answers', async () => {
    let tries = 0;
    const answer = await reach('MONGODB_URI', async () => {
      if (++tries < 3) throw new Error('refused');
      return 'connected';
    });
    expect([answer, tries]).toEqual(['connected', 3]);
  });

  it('gives up in bounded time naming the setting', async () => {
    const attempt = reach('REDIS_URL', () => Promise.reject(new Error('refused')), 300);
    await expect(attempt).rejects.toThrow('REDIS_URL: not reached within 0.3 s: refused');
  });

  it('does not try again what the operator must change', async () => {
    let tries = 0;
    const attempt = reach('MONGODB_URI', () => {
      tries++;
      return Promise.reject(new StartError('no'));
    });
    await expect(attempt).rejects.toThrow('no');
    expect(tries).toBe(1);
  });
});
