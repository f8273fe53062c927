import { Global, Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ChannelLog } from '../conversations/index.js';
import { MessageRepository } from './message.repository.js';
import { MessageRecord, MessageSchema } from './message.schema.js';

/** Global, because conversations, to the left, asks for its {@link ChannelLog}. */
@Global()
@Module({
  imports: [MongooseModule.forFeature([{ name: MessageRecord.name, schema: MessageSchema }])],
  providers: [MessageRepository, { provide: ChannelLog, useExisting: MessageRepository }],
  exports: [MessageRepository, ChannelLog],
})
export class MessageLogModule {}
