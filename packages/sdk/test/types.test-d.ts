/* Compiled, never run: each line that must not compile says so. */
import {
  type Client,
  type ClientEvents,
  ClientState,
  type ConnectionStatus,
  createClient,
  type Message,
  type NestimError,
  type PendingMessage,
  type WebStorage,
  webStorage,
} from '../src/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const expectType = <A, B>(_same: Same<A, B>): void => undefined;

declare const client: Client;
declare const page: WebStorage;

createClient({ url: 'https://chat.example.org', getToken: () => 'token' });
createClient({ url: 'u', getToken: async ({ reason }) => (reason === 'connect' ? 'token' : null) });
createClient({ url: 'u', getToken: () => 'token', storage: webStorage(page), platform: 'web' });
// @ts-expect-error getToken is needed
createClient({ url: 'u' });
// @ts-expect-error no such platform
createClient({ url: 'u', getToken: () => 'token', platform: 'toaster' });
// @ts-expect-error no such reason
createClient({ url: 'u', getToken: ({ reason }) => (reason === 'whim' ? 'a' : 'b') });

expectType<ReturnType<Client['messages']['send']>, Promise<Message>>(true);
expectType<ReturnType<Client['messages']['pending']>, PendingMessage[]>(true);
expectType<Client['state'], ClientState>(true);
expectType<ClientState, 'idle' | 'connecting' | 'syncing' | 'online' | 'offline' | 'closed'>(true);

export const sends = [
  client.messages.send({ to: { userId: 'bob' }, type: 'text', content: { text: 'x' } }),
  client.messages.send({ to: { groupId: 'g' }, type: 'custom', content: { name: 'poll', data: [1] } }),
  client.messages.send({ conversationId: 'group:g', clientMsgId: 'c', type: 'text', content: { text: 'x' } }),
  // @ts-expect-error no target
  client.messages.send({ type: 'text', content: { text: 'x' } }),
  // @ts-expect-error two targets
  client.messages.send({ conversationId: 'a', to: { userId: 'b' }, type: 'text', content: { text: 'x' } }),
  // @ts-expect-error the content of another type
  client.messages.send({ to: { userId: 'bob' }, type: 'text', content: { name: 'poll' } }),
  // @ts-expect-error only the server sends these
  client.messages.send({ to: { userId: 'bob' }, type: 'system', content: { text: 'x' } }),
];

expectType<ClientEvents['message'], Message>(true);
expectType<ClientEvents['state'], ConnectionStatus>(true);
client.on('message', ({ seq, content }) => [seq.toFixed(), content.text]);
// @ts-expect-error not part of a message
client.on('message', ({ sequence }) => sequence);
client.on('state', ({ error }) => error?.code === 'SESSION_REVOKED');
// @ts-expect-error no such code
client.on('state', ({ error }) => error?.code === 'SESSION_REVOLVED');
client.on('removed', (what) => (what.kind === 'friend' ? what.userId : what.conversationId));
expectType<ConnectionStatus['error'], NestimError | undefined>(true);
expectType<ReturnType<Client['on']>, () => void>(true);
// @ts-expect-error no such event
client.on('massage', () => undefined);
// @ts-expect-error the list is not for writing
client.conversations.list().push();
// @ts-expect-error read only
client.state = ClientState.online;
