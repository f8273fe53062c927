import { Module } from '@nestjs/common';
import { ConversationsModule } from '../conversations/index.js';
import { GroupsModule } from '../groups/index.js';
import { UsersModule } from '../users/index.js';
import { MembershipListener } from './membership.listener.js';
import { MessageLogModule } from './message-log.module.js';
import { MessageWriter } from './message-writer.js';
import { MessagesController } from './messages.controller.js';
import { MessagesGateway } from './messages.gateway.js';
import { MessagesService } from './messages.service.js';
import { RecentMessages } from './recent-messages.js';

@Module({
  imports: [MessageLogModule, UsersModule, GroupsModule, ConversationsModule],
  controllers: [MessagesController],
  providers: [MessageWriter, RecentMessages, MessagesService, MessagesGateway, MembershipListener],
})
export class MessagesModule {}
