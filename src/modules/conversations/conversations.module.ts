import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { GroupsModule } from '../groups/index.js';
import { UsersModule } from '../users/index.js';
import { ChannelStates } from './channel-states.js';
import { ConversationChangesService } from './conversation-changes.service.js';
import { ConversationPresenter } from './conversation-presenter.js';
import { ConversationRepository } from './conversation.repository.js';
import { CONVERSATION_MODEL, ConversationSchema } from './conversation.schema.js';
import { ConversationConsistency } from './conversations.consistency.js';
import { ConversationsController } from './conversations.controller.js';
import { ConversationsGateway } from './conversations.gateway.js';
import { ConversationsService } from './conversations.service.js';
import { PositionConsistency } from './positions.consistency.js';
import { SharedReads } from './shared-reads.js';
import { UnreadCounter } from './unread-counter.js';
import { MemberWindowConsistency, OpenWindowConsistency } from './windows.consistency.js';

@Module({
  imports: [
    MongooseModule.forFeature([{ name: CONVERSATION_MODEL, schema: ConversationSchema }]),
    UsersModule,
    GroupsModule,
  ],
  controllers: [ConversationsController],
  providers: [
    ConversationRepository,
    SharedReads,
    ChannelStates,
    UnreadCounter,
    ConversationPresenter,
    ConversationsService,
    ConversationChangesService,
    ConversationsGateway,
    ConversationConsistency,
    PositionConsistency,
    OpenWindowConsistency,
    MemberWindowConsistency,
  ],
  exports: [ConversationsService, ConversationChangesService],
})
export class ConversationsModule {}
