import { ConversationId, dmConversationId, groupConversationId, parseConversationId, UserId } from './ids.js';

describe('ids', () => {
  it.each(['a', 'A-z.0_9', 'x'.repeat(64), '____cmdx'])('takes the user id %j', (id) => {
    expect(UserId.safeParse(id).success).toBe(true);
  });

  it.each(['', 'x'.repeat(65), 'a b', 'a:b', 'ä', 'a\0', 'bob____cmd', 7, null])(
    'refuses the user id %j',
    (id) => {
      expect(UserId.safeParse(id).success).toBe(false);
    },
  );

  it('spells a dm in one way only, sorted by bytes', () => {
    expect(dmConversationId('b', 'B')).toBe('dm:B:b');
    expect(dmConversationId('B', 'b')).toBe('dm:B:b');
    expect(parseConversationId('dm:b:B')).toBeNull();
    expect(parseConversationId('dm:a:a')).toEqual({ channelType: 1, members: ['a', 'a'] });
    expect(parseConversationId(groupConversationId('g'))).toEqual({ channelType: 2, groupId: 'g' });
  });

  it.each(['', 'dm', 'dm:', 'dm:a', 'dm:a:', 'dm:a:b:c', 'group:', 'group:a:b', 'GROUP:a', 'group:g____cmd'])(
    'refuses the conversation id %j',
    (id) => {
      expect(ConversationId.safeParse(id).success).toBe(false);
    },
  );
});
