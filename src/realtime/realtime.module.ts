import { Global, Module } from '@nestjs/common';
import { RealtimePublisher } from './realtime.publisher.js';
import { RealtimeServer } from './realtime-server.js';
import { Rooms } from './rooms.js';
import { SocketLifecycle } from './socket-lifecycle.js';

@Global()
@Module({
  providers: [RealtimeServer, Rooms, RealtimePublisher, SocketLifecycle],
  exports: [RealtimeServer, Rooms, RealtimePublisher, SocketLifecycle],
})
export class RealtimeModule {}
