import type { Group, User } from '@nestim/protocol';
import type { ConversationRow } from './conversation.rules.js';
import { type Known, toConversation } from './to-conversation.js';

const ada: User = { userId: 'ada', nickname: 'Ada' };
const bob: User = { userId: 'bob', nickname: 'Bob' };
const group: Group = {
  groupId: 'g',
  conversationId: 'group:g',
  name: 'G',
  ownerId: 'ada',
  joinMode: 'open',
  createdAt: 1,
};
const seqs = { joinSeq: 0, leftSeq: null, readSeq: 3, clearedSeq: 0, revision: 0 };
const dm: ConversationRow = { ownerId: 'ada', channelId: 'dm:ada:bob', channelType: 1, ...seqs };
const inGroup: ConversationRow = { ownerId: 'ada', channelId: 'group:g', channelType: 2, ...seqs };

describe('toConversation', () => {
  let reported: string[];
  const known = (users: User[], groups: Group[]): Known => ({
    ownerId: 'ada',
    users: new Map(users.map((user) => [user.userId, user])),
    groups: new Map(groups.map((g) => [g.groupId, g])),
    report: (kind) => reported.push(kind),
  });
  beforeEach(() => (reported = []));

  it('names the peer of a dm, the group of a group, and oneself in a note to oneself', () => {
    expect(toConversation(dm, known([ada, bob], []))).toMatchObject({ peer: bob, active: true, readSeq: 3 });
    expect(toConversation(inGroup, known([], [group]))).toMatchObject({ group });
    expect(toConversation({ ...dm, channelId: 'dm:ada:ada' }, known([ada], []))).toMatchObject({ peer: ada });
    expect(reported).toEqual([]);
  });

  it('R2: a missing peer is shown as a deleted user and reported', () => {
    expect(toConversation(dm, known([ada], []))).toMatchObject({ peer: { userId: 'bob', deleted: true } });
    expect(reported).toEqual(['conversation_missing_user']);
  });

  it('R2: a row of a missing group is dropped and reported', () => {
    expect(toConversation(inGroup, known([ada], []))).toBeNull();
    expect(reported).toEqual(['conversation_missing_group']);
  });

  it.each(['', 'dm:', 'dm:ada', 'dm:bob:ada', 'dm:ada:bob:carl', 'group:', 'x', 'group:g'])(
    'R2: a row of the channel %j, of another type, is dropped and reported',
    (channelId) => {
      expect(toConversation({ ...dm, channelId }, known([ada, bob], [group]))).toBeNull();
      expect(reported).toEqual(['conversation_malformed']);
    },
  );

  it('never shows a command channel', () => {
    expect(toConversation({ ...inGroup, channelId: 'group:g____cmd' }, known([], [group]))).toBeNull();
    expect(reported).toEqual([]);
  });
});
