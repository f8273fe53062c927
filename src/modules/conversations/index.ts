export { ChannelLog, type ChannelTail } from './channel-log.js';
export { ConversationChangesService } from './conversation-changes.service.js';
export { ConversationsModule } from './conversations.module.js';
export type { SeqWindow } from './conversation.rules.js';
export { ConversationsService } from './conversations.service.js';
