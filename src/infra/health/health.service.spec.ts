import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { HostIdentity } from '../host-identity/host-identity.js';
import { ShutdownSteps } from '../lifecycle/shutdown-steps.js';
import { IndexSync } from '../mongo/index-sync.js';
import { Store } from '../mongo/store.js';
import { RedisConnection } from '../redis/redis-connection.js';
import { HealthService } from './health.service.js';

it('R65: readiness says no before the indexes stand, yes then, and no from the first moment of a stop', async () => {
  Logger.overrideLogger(false);
  const dataDir = await mkdtemp(join(tmpdir(), 'nestim-health-'));
  const store = await Store.open({ mongodbUri: undefined, dataDir });
  const indexes = new IndexSync(store.connection);
  const steps = new ShutdownSteps();
  const redis = await RedisConnection.open({ redisUrl: undefined });
  const health = new HealthService(HostIdentity.resolve('10.0.0.1'), steps, store, indexes, redis);

  expect(await health.ready()).toMatchObject({ status: 'not-ready', parts: { indexes: { ok: false } } });
  await indexes.build();
  expect(await health.ready()).toMatchObject({ status: 'ready', parts: { indexes: { ok: true } } });
  const stopped = steps.onModuleDestroy();
  expect(await health.ready()).toMatchObject({ status: 'stopping', parts: { store: { ok: true } } });
  await stopped;
  await store.close();
  expect(await health.ready()).toMatchObject({ parts: { store: { ok: false } } });
  await rm(dataDir, { recursive: true });
});
