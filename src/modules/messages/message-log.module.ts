import { Global, Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ChannelLog } from '../conversations/index.js';
import { MessageRepository } from './message.repository.js';
import { MESSAGE_MODEL, MessageSchema } from './message.schema.js';
import { MessageSeqConsistency } from './messages.consistency.js';
import { VerifiedSeqRepository } from './verified-seq.repository.js';
import { VERIFIED_SEQ_MODEL, VerifiedSeqSchema } from './verified-seq.schema.js';

/** Global, because conversations, to the left, asks for its {@link ChannelLog}. */
@Global()
@Module({
  imports: [
    MongooseModule.forFeature([
      { name: MESSAGE_MODEL, schema: MessageSchema },
      { name: VERIFIED_SEQ_MODEL, schema: VerifiedSeqSchema },
    ]),
  ],
  providers: [
    MessageRepository,
    { provide: ChannelLog, useExisting: MessageRepository },
    VerifiedSeqRepository,
    MessageSeqConsistency,
  ],
  exports: [MessageRepository, ChannelLog],
})
export class MessageLogModule {}
