import { readFile } from 'node:fs/promises';
import { type Ack, type ClientEvent, type ClientPayload, groupConversationId } from '@nestim/protocol';
import { Ajv, type AnySchemaObject } from 'ajv';
import type { Client } from './support/client.js';
import { aUser, type Person } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';

interface OpenApi {
  paths: Record<string, Record<string, { security?: object[] }>>;
}

describe('what the server does is what its documents say', () => {
  let server: ServerProcess;
  const get = async <T>(path: string): Promise<T> => (await (await fetch(server.url + path)).json()) as T;

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.stop());

  it('serves both as they are in docs/api', async () => {
    const written = async (name: string): Promise<unknown> =>
      JSON.parse(await readFile(`docs/api/${name}`, 'utf8'));
    expect(await get('/api/asyncapi.json')).toEqual(await written('asyncapi.json'));
    expect(await get('/api/docs-json')).toEqual(await written('openapi.json'));
  });

  it('a route wants a token exactly where its document says so', async () => {
    const { paths } = await get<OpenApi>('/api/docs-json');
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { security }]) => ({ method, path, security })),
    );
    expect(routes.length).toBeGreaterThan(20);
    for (const { method, path, security } of routes) {
      const response = await fetch(server.url + path, { method });
      const { error } = (await response.json()) as { error?: { code: string } };
      const refused = error?.code === 'UNAUTHENTICATED';
      expect([method, path, refused]).toEqual([method, path, security !== undefined]);
    }
  });

  describe('AsyncAPI', () => {
    let ajv: Ajv;
    let [ada, bob]: Person[] = [];
    let [a, b]: Client[] = [];

    const problems = (channel: string, message: string, value: unknown): unknown => {
      const key = message.replaceAll(':', '.');
      const isValid = ajv.getSchema(`nestim#/channels/${channel}/messages/${key}/payload`)!;
      return isValid(value) ? null : isValid.errors;
    };
    /** Asks, and holds the question and the answer against the document. */
    const ask = async <E extends ClientEvent>(event: E, payload: ClientPayload<E>): Promise<Ack<unknown>> => {
      expect([event, problems('events', event, payload)]).toEqual([event, null]);
      const ack = await a!.emit(event, payload);
      expect([event, problems('acks', `${event}.ack`, ack)]).toEqual([event, null]);
      return ack;
    };

    beforeAll(async () => {
      ajv = new Ajv({ strict: false, allErrors: true });
      ajv.addSchema(await get<AnySchemaObject>('/api/asyncapi.json'), 'nestim');
      [ada, bob] = await Promise.all([aUser(server, 'Ada'), aUser(server, 'Bob')]);
      [a, b] = await Promise.all([ada.connect(), bob.connect()]);
    });

    it('describes payloads, acks and pushes as they are', async () => {
      const to = { userId: bob!.userId };
      await ask('message:send', { to, clientMsgId: 'm1', type: 'text', content: { text: 'Hello' } });
      await ask('message:send', {
        to,
        clientMsgId: 'm2',
        type: 'custom',
        content: { name: 'poll', data: [1] },
      });
      const { conversationId } = await b!.nextMessage();
      await ask('message:pull', { conversationId, fromSeq: 1 });
      await b!.ask('message:read', { conversationId, seq: 2 });
      await ask('message:read', { conversationId, seq: 1 });
      const { group } = await ada!.api.post<{ group: { groupId: string } }>('/groups', {
        name: 'G',
        memberIds: [to.userId],
      });
      await bob!.api.post(`/groups/${group.groupId}/leave`);
      await ask('conversation:list', {});
      await ask('sync', {});
      await bob!.api.post('/auth/logout');
      await b!.closed;

      const refused = await ask('message:pull', { conversationId: groupConversationId('none') });
      expect(refused).toMatchObject({ ok: false, error: { code: 'CONVERSATION_NOT_FOUND' } });
      const pushes = [...a!.pushes, ...b!.pushes];
      for (const { event, payload } of pushes) {
        expect([event, problems('events', event, payload)]).toEqual([event, null]);
      }
      expect(new Set(pushes.map(({ event }) => event))).toEqual(
        new Set(['message:new', 'receipt:updated', 'group:joined', 'group:left', 'session:revoked']),
      );
    });

    it('refuses what the server refuses', async () => {
      const send = { to: { userId: 'bob' }, clientMsgId: 'm3', type: 'text', content: { text: 'Hello' } };
      const bad = [
        {},
        { ...send, extra: 1 },
        { ...send, content: { text: 1 } },
        { ...send, to: { userId: 'a b' } },
      ];
      expect(problems('events', 'message:send', send)).toBeNull();
      for (const payload of bad) {
        expect(problems('events', 'message:send', payload)).not.toBeNull();
        const { ok } = await a!.emitRaw('message:send', payload);
        expect(ok).toBe(false);
      }
    });

    it('describes the refusal of a handshake', async () => {
      const refusal: unknown = await ada!
        .connect({ deviceId: 'with space' })
        .catch((error: unknown) => error);
      const { error } = refusal as { error: { code: string } };
      expect(problems('handshake', 'connect_error', { message: error.code, data: error })).toBeNull();
    });
  });
});
