import {
  ChannelType,
  COMMAND_SUFFIX,
  type Conversation,
  type Group,
  parseConversationId,
  type User,
} from '@nestim/protocol';
import { deletedUser } from '../users/index.js';
import type { ConversationRow } from './conversation.rules.js';

/** What the rows of a list point to, as far as it exists. */
export interface Known {
  ownerId: string;
  users: ReadonlyMap<string, User>;
  groups: ReadonlyMap<string, Group>;
  report: (kind: string, id: string) => void;
}

type Presented = Omit<Conversation, 'lastMessage' | 'maxSeq' | 'minSeq' | 'unread'>;

/**
 * Row to wire. Never throws: a missing peer becomes the deleted-user placeholder; a row whose channel cannot be
 * named or whose group is gone gives null. Both are reported. Command channels are never shown.
 */
export function toConversation(row: ConversationRow, known: Known): Presented | null {
  if (row.channelId.endsWith(COMMAND_SUFFIX)) return null;
  const ref = parseConversationId(row.channelId);
  const rowName = `${row.ownerId} ${row.channelId}`;
  if (!ref || ref.channelType !== row.channelType) {
    known.report('conversation_malformed', rowName);
    return null;
  }
  const shared = {
    conversationId: row.channelId,
    channelType: row.channelType,
    readSeq: row.readSeq,
    active: row.leftSeq === null,
  };
  if (ref.channelType === ChannelType.group) {
    const group = known.groups.get(ref.groupId);
    if (!group) known.report('conversation_missing_group', rowName);
    return group ? { ...shared, group } : null;
  }
  const peerId = ref.members[0] === known.ownerId ? ref.members[1] : ref.members[0];
  const peer = known.users.get(peerId);
  if (!peer) known.report('conversation_missing_user', rowName);
  return { ...shared, peer: peer ?? deletedUser(peerId) };
}
