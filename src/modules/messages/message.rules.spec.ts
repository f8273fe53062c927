import { AppError } from '../../common/app-error.js';
import { isSameSend, isUncounted, type MessageDraft, targetOf } from './message.rules.js';

describe('targetOf', () => {
  it('gives one conversation id from either side and from either way to address it', () => {
    const expected = { channelType: 1, conversationId: 'dm:ada:bob', peerId: 'bob' };
    expect(targetOf('ada', { to: { userId: 'bob' } })).toEqual(expected);
    expect(targetOf('ada', { conversationId: 'dm:ada:bob' })).toEqual(expected);
    expect(targetOf('bob', { to: { userId: 'ada' } })).toEqual({ ...expected, peerId: 'ada' });
  });

  it('knows a note to oneself and a group', () => {
    expect(targetOf('ada', { conversationId: 'dm:ada:ada' })).toMatchObject({ peerId: 'ada' });
    expect(targetOf('ada', { to: { groupId: 'g' } })).toEqual(targetOf('ada', { conversationId: 'group:g' }));
  });

  it('does not know the dm of others', () => {
    expect(() => targetOf('eve', { conversationId: 'dm:ada:bob' })).toThrow(
      new AppError('CONVERSATION_NOT_FOUND'),
    );
  });
});

describe('isSameSend', () => {
  const draft: MessageDraft = {
    conversationId: 'dm:ada:bob',
    senderId: 'ada',
    clientMsgId: '1',
    type: 'text',
    content: { text: 'hi' },
  };

  it.each<Partial<MessageDraft>>([
    { conversationId: 'dm:ada:carl' },
    { type: 'custom' },
    { content: { text: 'ho' } },
    { content: { text: 'hi', more: 1 } },
  ])('is another send with %j', (change) => {
    expect(isSameSend(draft, { ...draft, ...change })).toBe(false);
  });

  it('does not mind the order of keys', () => {
    const a = { ...draft, type: 'custom' as const, content: { name: 'n', data: { x: 1, y: [2] } } };
    expect(isSameSend(a, { ...a, content: { data: { y: [2], x: 1 }, name: 'n' } })).toBe(true);
  });
});

it('counts what people send, and not what the system says', () => {
  expect((['text', 'custom', 'system'] as const).map(isUncounted)).toEqual([false, false, true]);
});
