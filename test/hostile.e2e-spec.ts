import { type Ack, CLIENT_EVENTS, ERRORS } from '@nestim/protocol';
import { MongoClient } from 'mongodb';
import type { Client } from './support/client.js';
import { aGroup, aUser, type Person } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';

const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = { a: value };
  return value;
};

/** What no event and no body may take, whatever it is for. */
const NONSENSE: unknown[] = [
  undefined,
  null,
  0,
  '',
  'x'.repeat(100_000),
  [],
  [[[]]],
  {},
  { $where: 'sleep(1000)' },
  { conversationId: { $gt: '' } },
  { conversationId: ['dm:a:b'] },
  JSON.parse('{"__proto__":{"admin":true}}'),
  { constructor: { prototype: {} } },
  { conversationId: 'group:x', seq: -1 },
  { conversationId: 'group:x', seq: 1e308 },
  { conversationId: 'group:x', seq: 0.5 },
  { conversationId: 'group:' + 'x'.repeat(10_000), seq: 1 },
  deep(2000),
  Buffer.from([0, 1, 2]),
  { limit: 1_000_000_000 },
  { cursor: 'not a cursor', limit: 0 },
];

const REFUSED = /^(BAD_REQUEST|CONVERSATION_NOT_FOUND)$/;

/** Sends that differ from a good one in one point each. */
const badSends = (groupId: string): unknown[] =>
  [
    { clientMsgId: '' },
    { clientMsgId: { $ne: 1 } },
    { clientMsgId: 'x'.repeat(65) },
    { type: 'system' },
    { type: 'nothing' },
    { content: 'text' },
    { content: { text: 7 } },
    { content: { text: 'a\ud800' } },
    { content: { text: 'x'.repeat(20_001) } },
    { content: { text: 'x', more: 1 } },
    { to: { groupId: { $gt: '' } } },
    { to: { groupId, userId: 'x' } },
    { senderId: 'someone-else' },
    { seq: 1 },
    { type: 'custom', content: { name: 'n', data: deep(40) } },
    { type: 'custom', content: { name: 'n', data: { 'a\0b': 1 } } },
    { type: 'custom', content: { name: 'n', data: 'x'.repeat(70_000) } },
  ].map((change) => ({
    to: { groupId },
    clientMsgId: 'bad',
    type: 'text',
    content: { text: 'hi' },
    ...change,
  }));

const FINE_WITHOUT_FIELDS = ['conversation:list', 'sync'];

describe('hostile clients', () => {
  let server: ServerProcess;
  let ada: Person;
  let groupId: string;
  let client: Client;
  let store: MongoClient;
  beforeAll(async () => {
    server = await startServer();
    ada = await aUser(server);
    groupId = (await aGroup(ada)).groupId;
    client = await ada.connect();
    store = await MongoClient.connect(server.storeUri);
  });
  afterAll(async () => {
    client.close();
    await store.close();
    await server.stop();
  });

  const snapshot = async (): Promise<string> => {
    const db = store.db('nestim');
    const names = ['users', 'groups', 'group_members', 'friends', 'conversations', 'messages'];
    return JSON.stringify(await Promise.all(names.map((name) => db.collection(name).find().toArray())));
  };

  const refusal = (ack: Ack<unknown>): string => (ack.ok ? 'accepted' : ack.error.code);

  it.each(Object.keys(CLIENT_EVENTS))(
    'R17: %s refuses nonsense with a typed error and stores nothing',
    async (event) => {
      const before = await snapshot();
      for (const payload of NONSENSE) {
        if (FINE_WITHOUT_FIELDS.includes(event) && JSON.stringify(payload) === '{}') continue;
        const code = refusal(await client.emitRaw(event, payload));
        expect({ payload, code }).toEqual({ payload, code: expect.stringMatching(REFUSED) });
      }
      expect(await snapshot()).toBe(before);
    },
  );

  it('R17: a send that is wrong in one point is refused with a typed error and stores nothing', async () => {
    const before = await snapshot();
    for (const payload of badSends(groupId)) {
      expect([payload, refusal(await client.emitRaw('message:send', payload))]).toEqual([
        payload,
        'BAD_REQUEST',
      ]);
      const { status, body } = await ada.api.call('POST', '/messages', toJson(payload));
      expect([payload, status, body?.error?.code]).toEqual([payload, 400, 'BAD_REQUEST']);
    }
    expect(await snapshot()).toBe(before);
  });

  it('R17: binary data is refused', async () => {
    const content = { name: 'n', data: Buffer.from('x') };
    const send = { to: { groupId }, clientMsgId: 'bad', type: 'custom', content };
    expect(refusal(await client.emitRaw('message:send', send))).toBe('BAD_REQUEST');
  });

  it('acks an unknown event, one named like a built-in, and one with too many arguments', async () => {
    for (const event of ['message:steal', 'toString', '__proto__', 'constructor']) {
      expect([event, refusal(await client.emitRaw(event, {}))]).toEqual([event, 'UNKNOWN_EVENT']);
    }
    expect(refusal(await client.emitRaw('message:send', 1, 2, 3))).toBe('BAD_REQUEST');
  });

  it('survives events without an ack', async () => {
    for (const payload of NONSENSE) client.socket.emit('message:send', payload);
    expect((await client.ask('conversation:list', {})).conversations).toHaveLength(1);
  });

  it.each([
    ['POST', '/auth/register'],
    ['POST', '/auth/login'],
    ['POST', '/auth/refresh'],
    ['POST', '/groups'],
    ['POST', '/messages'],
    ['POST', '/conversations/group:x/read'],
    ['GET', '/conversations?limit=0'],
    ['GET', '/conversations?limit[$gt]=1'],
    ['GET', '/conversations?cursor=%00'],
    ['GET', '/conversations/not-an-id/messages'],
    ['GET', '/conversations/group:%00/messages'],
    ['GET', '/conversations/group:x/messages?before=x'],
    ['GET', '/conversations/group:x/messages?before=1&before=2'],
    ['GET', '/friends?limit=-1'],
    ['GET', '/groups/%2e%2e%2f/members'],
  ])('R17: %s %s refuses nonsense with a typed error and stores nothing', async (method, path) => {
    const before = await snapshot();
    for (const payload of method === 'GET' ? [undefined] : NONSENSE.map(toJson)) {
      const { status, body } = await ada.api.call(method, path, payload);
      const code = body.error.code;
      expect([status, code in ERRORS]).toEqual([ERRORS[code].status, true]);
      expect(status).toBeLessThan(500);
    }
    expect(await snapshot()).toBe(before);
  });

  it('answers broken JSON, an unknown route and a bad method in the one shape', async () => {
    const headers = { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json' };
    const broken = await fetch(`${server.url}/api/v1/messages`, { method: 'POST', headers, body: '{"a":' });
    expect([broken.status, await broken.json()]).toMatchObject([400, { error: { code: 'BAD_REQUEST' } }]);
    const unknown = await ada.api.call('GET', '/nothing/here');
    expect([unknown.status, unknown.body]).toMatchObject([
      404,
      { error: { code: 'NOT_FOUND', temporary: false } },
    ]);
    const large = await ada.api.call('POST', '/messages', { x: 'x'.repeat(2_000_000) });
    expect([large.status, large.body]).toMatchObject([413, { error: { code: 'PAYLOAD_TOO_LARGE' } }]);
  });

  it('R6: nothing of this ended the process or went uncaught', async () => {
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^nestim_uncaught_exceptions_total 0$/m);
  });
});

/** What arrives of a value that JSON cannot carry. */
const toJson = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));
