import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { AppConfig } from './config/app-config.js';
import { ConfigModule } from './config/config.module.js';
import { ConsistencyModule } from './consistency/index.js';
import { EventsModule } from './infra/events/events.module.js';
import { HealthModule } from './infra/health/health.module.js';
import type { HostIdentity } from './infra/host-identity/host-identity.js';
import { HostIdentityModule } from './infra/host-identity/host-identity.module.js';
import { LimitsModule } from './infra/limits/limits.module.js';
import { LifecycleModule } from './infra/lifecycle/lifecycle.module.js';
import { LoggingModule } from './infra/logging/logging.module.js';
import { MetricsModule } from './infra/metrics/metrics.module.js';
import { MongoModule } from './infra/mongo/mongo.module.js';
import { RevisionsModule } from './infra/revisions/revisions.module.js';
import { RedisModule } from './infra/redis/redis.module.js';
import { ConversationsModule } from './modules/conversations/index.js';
import { FriendsModule } from './modules/friends/index.js';
import { GroupsModule } from './modules/groups/index.js';
import { MessagesModule } from './modules/messages/index.js';
import { SyncModule } from './modules/sync/index.js';
import { UsersModule } from './modules/users/index.js';
import { RealtimeModule } from './realtime/realtime.module.js';

/** The composition root: lists the modules in order, nothing else. */
@Module({})
export class AppModule {
  static of(config: AppConfig, identity: HostIdentity): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.of(config),
        HostIdentityModule.of(identity),
        LifecycleModule,
        LoggingModule,
        MetricsModule,
        LimitsModule,
        MongoModule,
        RedisModule,
        RevisionsModule,
        EventsModule,
        ScheduleModule.forRoot(),
        HealthModule,
        RealtimeModule,
        UsersModule,
        FriendsModule,
        GroupsModule,
        ConversationsModule,
        MessagesModule,
        SyncModule,
        ConsistencyModule,
      ],
    };
  }
}
