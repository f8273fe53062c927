import { readFileSync } from 'node:fs';
import { Injectable } from '@nestjs/common';
import type { Liveness, Readiness, ReadinessPart } from '@nestim/protocol';
import { HostIdentity } from '../host-identity/host-identity.js';
import { ShutdownSteps } from '../lifecycle/shutdown-steps.js';
import { IndexSync } from '../mongo/index-sync.js';
import { Store } from '../mongo/store.js';
import { RedisConnection } from '../redis/redis-connection.js';
import { RoundTrip } from './round-trip.js';

/** Longest time that readiness waits for a dependency. */
const ANSWER_MS = 2000;

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

@Injectable()
export class HealthService {
  private readonly storeTrip: RoundTrip;
  private readonly redisTrip?: RoundTrip;

  constructor(
    private readonly identity: HostIdentity,
    private readonly steps: ShutdownSteps,
    private readonly store: Store,
    private readonly indexes: IndexSync,
    { client }: RedisConnection,
  ) {
    this.storeTrip = new RoundTrip('the store', () => store.ask());
    if (client) this.redisTrip = new RoundTrip('Redis', async () => void (await client.ping()));
  }

  live(): Liveness {
    const { node, host } = this.identity;
    return { status: 'ok', node, host, version, uptimeSeconds: Math.round(process.uptime()) };
  }

  /** Makes a real round trip to every dependency; never throws. */
  async ready(): Promise<Readiness> {
    const [store, redis] = await Promise.all([
      this.storeTrip.check(ANSWER_MS),
      this.redisTrip?.check(ANSWER_MS),
    ]);
    const indexes: ReadinessPart = this.indexes.done
      ? { ok: true }
      : { ok: false, problem: 'the indexes are being built' };
    const parts = { store: { ...store, kind: this.store.kind }, indexes, ...(redis && { redis }) };
    if (this.steps.stopping) return { status: 'stopping', parts };
    return { status: Object.values(parts).every(({ ok }) => ok) ? 'ready' : 'not-ready', parts };
  }
}
