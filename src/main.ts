import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { explainStartFailure } from './common/start-error.js';
import { loadConfig, readEnvironment } from './config/load-config.js';
import { configureApp } from './configure-app.js';
import { HostIdentity } from './infra/host-identity/host-identity.js';
import { JsonAdapter } from './infra/http/json-adapter.js';
import { guardProcess } from './infra/lifecycle/guard-process.js';
import { stopOnSignals } from './infra/lifecycle/stop-on-signals.js';
import { createLogger } from './infra/logging/logger.js';
import { NestLogger } from './infra/logging/nest-logger.js';
import { Metrics } from './infra/metrics/metrics.js';
import { Store } from './infra/mongo/store.js';

async function start(): Promise<void> {
  const { config, unknown } = loadConfig(readEnvironment());
  const identity = HostIdentity.resolve(config.hostAddress);
  const logger = createLogger(config, identity);
  if (unknown.length > 0) logger.warn({ variables: unknown }, 'unknown settings are ignored');
  const stops = stopOnSignals(logger);

  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.of(config, identity),
    new JsonAdapter(),
    {
      logger: new NestLogger(logger),
      abortOnError: false,
      bodyParser: false,
    },
  );
  stops(app);
  guardProcess(logger, app.get(Metrics));
  const store = app.get(Store);
  void store.died().then((err) => {
    logger.fatal({ err }, 'the store has died');
    process.exit(1);
  });
  configureApp(app);
  await app.listen(config.port, config.host);
  const { port } = app.getHttpServer().address() as { port: number };
  const url = `http://${config.host}:${port}`;
  logger.info({ url, port, storeUri: store.embeddedUri }, 'listening');
  if (process.stdout.isTTY) {
    process.stdout.write(`\nNestIM is ready: ${url}  routes: ${url}/api/docs  data: ${config.dataDir}\n\n`);
  }
}

start().catch((error: unknown) => {
  process.stderr.write(`NestIM cannot start: ${explainStartFailure(error)}\n`);
  process.exit(1);
});
