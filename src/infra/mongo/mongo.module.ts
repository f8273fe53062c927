import { Global, Module } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import { AppConfig } from '../../config/app-config.js';
import { ShutdownSteps } from '../lifecycle/shutdown-steps.js';
import { IndexSync } from './index-sync.js';
import { Store } from './store.js';

/** Provides the connection that `MongooseModule.forFeature` asks for, with the start and the end that we need. */
@Global()
@Module({
  providers: [
    { provide: Store, useFactory: (config: AppConfig) => Store.open(config), inject: [AppConfig] },
    { provide: getConnectionToken(), useFactory: (store: Store) => store.connection, inject: [Store] },
    IndexSync,
  ],
  exports: [Store, getConnectionToken(), IndexSync],
})
export class MongoModule {
  constructor(
    private readonly indexes: IndexSync,
    store: Store,
    steps: ShutdownSteps,
  ) {
    steps.register('close', 'store', () => store.close());
  }

  /** Global modules come first: no feature starts its work before the indexes stand. */
  async onModuleInit(): Promise<void> {
    await this.indexes.build();
  }
}
