/**
 * One server process without its listeners: makes one conversation row COUNT times at once, straight at the
 * repository, when it gets SIGUSR2. Prints one JSON line: the row ids it was given, the errors, and how often it
 * met the duplicate key.
 */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../../dist/app.module.js';
import { loadConfig } from '../../dist/config/load-config.js';
import { HostIdentity } from '../../dist/infra/host-identity/host-identity.js';
import { Metrics } from '../../dist/infra/metrics/metrics.js';
import { ConversationRepository } from '../../dist/modules/conversations/conversation.repository.js';

const [count, channelId, channelType] = process.argv.slice(2);
const { config } = loadConfig(process.env);
const app = await NestFactory.createApplicationContext(
  AppModule.of(config, HostIdentity.resolve(undefined)),
  {
    logger: false,
  },
);
const rows = app.get(ConversationRepository, { strict: false });

process.once('SIGUSR2', async () => {
  const key = { ownerId: 'ada', channelId, channelType: Number(channelType) };
  const outcomes = await Promise.allSettled(
    Array.from({ length: Number(count) }, () => rows.getOrCreate(key, 0)),
  );
  const ids = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.rowId] : []));
  const errors = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [String(outcome.reason)] : [],
  );
  const met = await app.get(Metrics).duplicateKeyMet.get();
  const duplicateKeysMet = met.values.reduce((sum, { value }) => sum + value, 0);
  console.log(
    JSON.stringify({ done: true, ids: [...new Set(ids)], answers: ids.length, errors, duplicateKeysMet }),
  );
  await app.close();
  process.exit(0);
});
console.log('waiting');
