export { ChannelLog, type ChannelTail } from './channel-log.js';
export { ConversationsModule } from './conversations.module.js';
export { ConversationsService } from './conversations.service.js';
