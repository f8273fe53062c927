import { MAX_JSON_DEPTH } from './json.js';
import { MAX_CUSTOM, MAX_TEXT, SendMessage } from './messages.js';

const send = (change: object) => ({
  to: { userId: 'bob' },
  clientMsgId: '1',
  type: 'text',
  content: { text: 'hi' },
  ...change,
});
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
const custom = (data: unknown) => send({ type: 'custom', content: { name: 'n', data } });

describe('SendMessage', () => {
  it.each([
    send({}),
    send({ content: { text: '' } }),
    send({ content: { text: '  \n \0 e\u0301 🙂 ' } }),
    send({ content: { text: 'x'.repeat(MAX_TEXT) } }),
    send({ to: undefined, conversationId: 'group:g' }),
    custom({ $where: '1', 'a.b': [null, true, -0.5, 'x'] }),
    custom(nested(MAX_JSON_DEPTH - 1)),
  ])('takes a send and leaves it as it is (%#)', (value) => {
    expect(SendMessage.parse(value)).toEqual(value);
  });

  it.each([
    ['nothing', undefined],
    ['an array', []],
    ['no address', send({ to: undefined })],
    ['two addresses', send({ conversationId: 'group:g' })],
    ['an operator as address', send({ to: { userId: { $ne: null } } })],
    ['user and group', send({ to: { userId: 'a', groupId: 'b' } })],
    ['an unknown field', send({ seq: 7 })],
    ['an unknown field of the content', send({ content: { text: 'hi', html: '' } })],
    ['a sender', send({ senderId: 'eve' })],
    ['a system message', send({ type: 'system' })],
    ['too long a text', send({ content: { text: 'x'.repeat(MAX_TEXT + 1) } })],
    ['a lone surrogate', send({ content: { text: 'a\ud800' } })],
    ['a client id with a space', send({ clientMsgId: 'a b' })],
    ['too long a client id', send({ clientMsgId: 'x'.repeat(65) })],
    ['custom data too deep', custom(nested(MAX_JSON_DEPTH + 1))],
    ['custom data too large', custom('x'.repeat(MAX_CUSTOM))],
    ['binary data', custom(Buffer.from('x'))],
    ['a number that is not finite', custom(NaN)],
    ['a key with NUL', custom({ 'a\0': 1 })],
    ['the key __proto__', custom(JSON.parse('{"__proto__":1}'))],
  ])('refuses %s', (_, value) => {
    expect(SendMessage.safeParse(value).success).toBe(false);
  });
});
