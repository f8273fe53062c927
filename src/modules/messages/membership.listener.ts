import { Injectable, type OnModuleInit } from '@nestjs/common';
import { groupConversationId } from '@nestim/protocol';
import { DomainEvents } from '../../infra/events/domain-events.js';
import { RealtimePublisher } from '../../realtime/realtime.publisher.js';
import { SocketLifecycle } from '../../realtime/socket-lifecycle.js';
import { ConversationsService } from '../conversations/index.js';
import { GroupMembersChanging, GroupMembersInspected } from '../groups/index.js';
import { MessageWriter } from './message-writer.js';

/**
 * Joining and leaving take their turn in the conversation's write order, so that `joinSeq` and `leftSeq` are exact:
 * who joins gets every message after that turn and none before it. Conversation rows come before the member rows
 * that announce them; sockets move last.
 */
@Injectable()
export class MembershipListener implements OnModuleInit {
  constructor(
    private readonly events: DomainEvents,
    private readonly writer: MessageWriter,
    private readonly conversations: ConversationsService,
    private readonly publisher: RealtimePublisher,
    private readonly sockets: SocketLifecycle,
  ) {}

  onModuleInit(): void {
    this.sockets.joinRoomsOf((userId) => this.conversations.listOpenGroupChannels(userId));
    this.events.listen(GroupMembersChanging, async ({ groupId, joined, left, commit }) => {
      const conversationId = groupConversationId(groupId);
      // Who was never here gets no turn: nobody holds up a conversation that is not his.
      if (left[0] !== undefined) await this.conversations.getEdge(conversationId, left[0]);
      await this.writer.changeMembers(conversationId, async (head) => {
        await this.conversations.openGroupWindows(conversationId, joined, head);
        await this.conversations.closeGroupWindows(conversationId, left, head);
        await commit();
        this.publisher.joinRoom(joined, conversationId);
        this.publisher.leaveRoom(left, conversationId);
      });
      return this.conversations.getEdge(conversationId, joined[0] ?? left[0] ?? '');
    });
    this.events.listen(GroupMembersInspected, ({ groupId, look }) =>
      this.writer.inspect(groupConversationId(groupId), look),
    );
  }
}
