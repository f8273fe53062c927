import { Global, Module } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';
import { ShutdownSteps } from '../lifecycle/shutdown-steps.js';
import { RedisConnection } from './redis-connection.js';

@Global()
@Module({
  providers: [
    {
      provide: RedisConnection,
      useFactory: (config: AppConfig) => RedisConnection.open(config),
      inject: [AppConfig],
    },
  ],
  exports: [RedisConnection],
})
export class RedisModule {
  constructor(redis: RedisConnection, steps: ShutdownSteps) {
    steps.register('close', 'redis', () => redis.close());
  }
}
