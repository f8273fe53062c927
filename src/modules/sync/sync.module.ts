import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/index.js';
import { FriendsModule } from '../friends/index.js';
import { SyncGateway } from './sync.gateway.js';
import { SyncService } from './sync.service.js';

@Module({ imports: [ConversationsModule, FriendsModule], providers: [SyncGateway, SyncService] })
export class SyncModule {}
