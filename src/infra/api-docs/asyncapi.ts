import {
  ackOf,
  CLIENT_EVENTS,
  type ClientEvent,
  CLOSE_CODES,
  ConnectError,
  ERRORS,
  errorsOf,
  Handshake,
  HANDSHAKE_ERRORS,
  SERVER_EVENTS,
  type ServerEvent,
} from '@nestim/protocol';
import type { z } from 'zod';
import { API_VERSION } from './api-version.js';
import { type JsonSchema, jsonSchemas } from './protocol-schemas.js';

const DESCRIPTION = `The socket.io events, told from the server's side: it receives what clients send, and replies with the ack.
The message name is the event, the payload its one argument. An ack is { ok: true, data } or { ok: false, error }; an
unknown event is refused with UNKNOWN_EVENT. x-errors tells what each code means and what to do; x-close-codes are the
WebSocket close codes of this server's own. Answers may gain fields: ignore those you do not know.`;

/** Keys and references take no colon. */
const keyOf = (event: string): string => event.replaceAll(':', '.');
const ackKeyOf = (event: string): string => `${keyOf(event)}.ack`;

const clientEvents = Object.keys(CLIENT_EVENTS) as ClientEvent[];
const serverEvents = Object.keys(SERVER_EVENTS) as ServerEvent[];

interface MessageDefinition {
  name: string;
  summary: string;
  payload: z.ZodType;
}

/** The messages of each channel, by key. */
const CHANNELS = {
  handshake: {
    handshake: {
      name: 'auth',
      summary: "socket.io's auth of the connection.",
      payload: Handshake,
    },
    connect_error: {
      name: 'connect_error',
      summary: 'The connection is refused; data says why.',
      payload: ConnectError,
    },
  },
  events: Object.fromEntries(
    Object.entries({ ...CLIENT_EVENTS, ...SERVER_EVENTS }).map(([name, { summary, payload }]) => [
      keyOf(name),
      { name, summary, payload },
    ]),
  ),
  acks: Object.fromEntries(
    clientEvents.map((event) => [
      ackKeyOf(event),
      { name: event, summary: `The ack of ${event}.`, payload: ackOf(event) },
    ]),
  ),
} satisfies Record<string, Record<string, MessageDefinition>>;

type ChannelName = keyof typeof CHANNELS;

const toChannel = (channel: ChannelName) => ({ $ref: `#/channels/${channel}` });
const toMessage = (channel: ChannelName, key: string) => ({ $ref: `#/channels/${channel}/messages/${key}` });

const receives = (channel: ChannelName, key: string, reply: { channel: ChannelName; key: string }) => ({
  action: 'receive',
  channel: toChannel(channel),
  messages: [toMessage(channel, key)],
  reply: { channel: toChannel(reply.channel), messages: [toMessage(reply.channel, reply.key)] },
});

/** AsyncAPI 3.0 of the socket events; all of it is the protocol's. */
export function asyncApiDocument(): object {
  const everyMessage: Record<string, MessageDefinition> = Object.assign({}, ...Object.values(CHANNELS));
  const payloads = Object.entries(everyMessage).map(([key, { payload }]) => [key, payload] as const);
  const { parts, components } = jsonSchemas(Object.fromEntries(payloads));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'NestIM',
      version: API_VERSION,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      nestim: {
        host: '127.0.0.1:3000',
        pathname: '/socket.io/',
        protocol: 'socket.io',
        protocolVersion: '5',
        security: [{ $ref: '#/components/securitySchemes/accessToken' }],
      },
    },
    channels: {
      handshake: channel(
        'handshake',
        null,
        'What opens a connection. Accepted, it is followed by no message.',
        parts,
      ),
      events: channel('events', '/', 'The events of the one namespace.', parts),
      acks: channel('acks', null, 'The acks, each to the socket that sent the event.', parts),
    },
    operations: {
      connect: {
        ...receives('handshake', 'handshake', { channel: 'handshake', key: 'connect_error' }),
        summary: 'Opens a connection with an access token.',
        'x-errors': HANDSHAKE_ERRORS,
      },
      ...Object.fromEntries(
        clientEvents.map((event) => [
          keyOf(event),
          {
            ...receives('events', keyOf(event), { channel: 'acks', key: ackKeyOf(event) }),
            summary: CLIENT_EVENTS[event].summary,
            'x-errors': errorsOf(event),
          },
        ]),
      ),
      ...Object.fromEntries(
        serverEvents.map((event) => [
          keyOf(event),
          {
            action: 'send',
            channel: toChannel('events'),
            messages: [toMessage('events', keyOf(event))],
            summary: SERVER_EVENTS[event].summary,
          },
        ]),
      ),
    },
    components: {
      schemas: components,
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token of the REST API, given as auth.token of the handshake.',
        },
      },
    },
    'x-errors': ERRORS,
    'x-close-codes': CLOSE_CODES,
  };
}

function channel(
  name: ChannelName,
  address: string | null,
  description: string,
  payloads: Record<string, JsonSchema>,
): object {
  const messages = Object.entries<MessageDefinition>(CHANNELS[name]).map(([key, { name, summary }]) => [
    key,
    { name, summary, payload: payloads[key] },
  ]);
  return { address, description, messages: Object.fromEntries(messages) as object };
}
