import { ChannelType, dmConversationId, groupConversationId } from '@nestim/protocol';

/** How large a store is. */
export interface Size {
  /** Of the crowd, a group of which most are offline. */
  members: number;
  /** Of the reader, half of them groups. */
  conversations: number;
  /** In the historian's only conversation. */
  messages: number;
}

/** One conversation that is planted. */
export interface Channel {
  channelId: string;
  channelType: ChannelType;
  /** Absent for a dm. */
  groupId?: string;
  /** The first one owns it. */
  members: string[];
  messages: number;
}

export const READER = 'reader';
export const HISTORIAN = 'historian';
/** Owns the reader's groups. */
export const TALKER = 'talker';
export const CROWD = 'crowd';
export const HISTORY = groupConversationId('history');

const MESSAGES_EACH = 10;

export const crowdMember = (place: number): string => `crowd-${place}`;
export const readersGroup = (place: number): string => `circle-${place}`;

/** All conversations of a store of this size. */
export function* channelsOf({ members, conversations, messages }: Size): Generator<Channel> {
  yield group('history', [TALKER, HISTORIAN], messages);
  yield group(
    CROWD,
    Array.from({ length: members }, (_, place) => crowdMember(place)),
    MESSAGES_EACH,
  );
  for (let place = 0; place < conversations; place++) {
    if (place % 2 === 0) yield group(readersGroup(place / 2), [TALKER, READER], MESSAGES_EACH);
    else yield dm(READER, `peer-${place}`, MESSAGES_EACH);
  }
}

const group = (groupId: string, members: string[], messages: number): Channel => ({
  channelId: groupConversationId(groupId),
  channelType: ChannelType.group,
  groupId,
  members,
  messages,
});

const dm = (a: string, b: string, messages: number): Channel => ({
  channelId: dmConversationId(a, b),
  channelType: ChannelType.person,
  members: [a, b],
  messages,
});
