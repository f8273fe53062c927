import type { IncomingMessage } from 'node:http';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { type Ack, CLIENT_EVENTS, Handshake } from '@nestim/protocol';
import type { Server, ServerOptions, Socket } from 'socket.io';
import { AppError } from '../common/app-error.js';
import { newId } from '../common/ids.js';
import { toWireError } from '../common/to-wire-error.js';
import { parseWith } from '../common/zod-validation.pipe.js';
import { AppConfig } from '../config/app-config.js';
import { InFlightRequests } from '../infra/lifecycle/in-flight-requests.js';
import { ShutdownSteps } from '../infra/lifecycle/shutdown-steps.js';
import { ClientAddress } from '../infra/limits/client-address.js';
import { RateLimits } from '../infra/limits/rate-limits.js';
import { writeDirectly } from './direct-connection.js';
import { expireSockets } from './expire-sockets.js';
import { forgetHandshake } from './forget-handshake.js';
import { jsonParser } from './json-parser.js';
import { OutgoingWebSocketServer } from './outgoing-websocket.js';
import { RealtimeServer } from './realtime-server.js';
import { Rooms, sessionRoom, userRoom } from './rooms.js';
import { SocketLifecycle } from './socket-lifecycle.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** What one socket may have under way. A send holds little; an answer may hold a page of a megabyte. */
const MAX_OPEN_COST = 1_024;
const costOf = (event: string): number => (event === 'message:send' ? 1 : 16);
const KNOWN_EVENTS: ReadonlySet<string> = new Set(Object.keys(CLIENT_EVENTS));

type AckFunction = (answer: Ack<unknown>) => void;

/** Makes the socket.io server: who may connect, which rooms a socket is in, and how events meet their handlers. */
export class ImIoAdapter extends IoAdapter {
  private readonly logger = new Logger(ImIoAdapter.name);
  private readonly config: AppConfig;
  private readonly realtime: RealtimeServer;
  private readonly lifecycle: SocketLifecycle;
  private readonly rooms: Rooms;
  private readonly shutdown: ShutdownSteps;
  private readonly inFlight: InFlightRequests;
  private readonly limits: RateLimits;
  private readonly addresses: ClientAddress;
  /** Connections that carry a socket: a second one would get every push twice. */
  private readonly occupied = new WeakSet<object>();
  /** For all sockets: a listener for each would be one more thing that an idle socket holds. */
  private readonly onDisconnected: (this: Socket) => void;

  constructor(app: INestApplicationContext) {
    super(app);
    this.config = app.get(AppConfig);
    this.realtime = app.get(RealtimeServer);
    this.lifecycle = app.get(SocketLifecycle);
    this.rooms = app.get(Rooms);
    this.shutdown = app.get(ShutdownSteps);
    this.inFlight = app.get(InFlightRequests);
    const { occupied } = this;
    this.onDisconnected = function () {
      occupied.delete(this.conn);
    };
    this.limits = app.get(RateLimits);
    this.addresses = app.get(ClientAddress);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const io = super.createIOServer(port, {
      ...options,
      transports: ['websocket', 'polling'],
      maxHttpBufferSize: this.config.maxPayloadBytes,
      connectTimeout: CONNECT_TIMEOUT_MS,
      perMessageDeflate: false,
      wsEngine: OutgoingWebSocketServer,
      parser: jsonParser,
      httpCompression: false,
      cors: this.config.corsOrigins.length > 0 && { origin: this.config.corsOrigins },
    } as ServerOptions) as Server;
    io.use((socket, next) => {
      this.admit(socket).then(
        () => next(),
        (thrown: unknown) => next(this.refusal(thrown)),
      );
    });
    io.engine.on('connection', writeDirectly);
    io.on('connection', (socket) => this.onConnected(socket));
    this.realtime.attach(io);
    expireSockets(io);
    return io;
  }

  /** One direct listener an event: the answer of the handler is the ack. Errors were acked by the filter. */
  override bindMessageHandlers(socket: Socket, handlers: MessageMappingProperties[]): void {
    for (const { message, callback } of handlers) {
      socket.on(message, (...args: unknown[]) => {
        const last = args.at(-1);
        const ack = typeof last === 'function' ? (last as AckFunction) : undefined;
        const payload = args.length > 1 || !ack ? args[0] : undefined;
        void this.handle(
          socket,
          costOf(message),
          () => callback(payload, ack) as Promise<Ack<unknown> | undefined>,
          ack,
        );
      });
    }
  }

  /** The stop of the server waits for what was begun here; one client cannot begin more than its share. */
  private async handle(
    socket: Socket,
    cost: number,
    handler: () => Promise<Ack<unknown> | undefined>,
    ack: AckFunction = () => undefined,
  ): Promise<void> {
    if (this.shutdown.stopping) return this.refuse(new AppError('SHUTTING_DOWN'), ack);
    if (socket.data.open + cost > MAX_OPEN_COST) return this.refuse(new AppError('TOO_MANY_REQUESTS'), ack);
    socket.data.budget ??= this.limits.user.bucketOf(socket.data.ctx.userId);
    const refusal = this.limits.user.takeFrom(socket.data.budget);
    if (refusal) return this.refuse(refusal, ack);
    const done = this.inFlight.enter();
    socket.data.open += cost;
    try {
      const answer = await handler();
      if (answer) ack(answer);
    } finally {
      socket.data.open -= cost;
      done();
    }
  }

  private refuse(error: AppError, ack: AckFunction): void {
    ack({ ok: false, error: toWireError(error, newId()) });
  }

  private async admit(socket: Socket): Promise<void> {
    if (this.occupied.has(socket.conn)) throw new AppError('FORBIDDEN');
    this.occupied.add(socket.conn);
    try {
      // Forgotten when the client comes back over the same connection, which was counted.
      const request = socket.request as IncomingMessage | undefined;
      if (request) this.limits.address.take(this.addresses.of(request));
      const handshake = parseWith(Handshake, socket.handshake.auth);
      const { userId, sessionId, expiresAt } = await this.lifecycle.authenticate(handshake);
      this.limits.connect.take(userId);
      socket.data = { ctx: { userId, sessionId, socketId: socket.id }, open: 0, expiresAt };
      await socket.join([userRoom(userId), sessionRoom(sessionId)]);
      await this.rooms.enter(socket, userId, () => this.lifecycle.roomsOf(userId));
    } catch (error) {
      this.occupied.delete(socket.conn);
      throw error;
    }
  }

  private onConnected(socket: Socket): void {
    this.rooms.connected(socket, socket.data.ctx.userId);
    forgetHandshake(socket);
    socket.on('disconnect', this.onDisconnected);
    socket.on('error', (err) => this.logger.debug({ err }, 'socket error'));
    socket.onAny((event: string, ...args: unknown[]) => {
      if (KNOWN_EVENTS.has(event)) return;
      const ack = args.at(-1);
      if (typeof ack === 'function') this.refuse(new AppError('UNKNOWN_EVENT'), ack as AckFunction);
    });
    // A login that was ended during the handshake was not yet reachable as a socket.
    this.lifecycle.assertLive(socket.data.ctx).catch(() => socket.disconnect(true));
  }

  /** socket.io sends `message` and `data` of this error to the client as its `connect_error`. */
  private refusal(thrown: unknown): Error {
    const error = toWireError(thrown, newId());
    if (error.code === 'INTERNAL')
      this.logger.error({ err: thrown, requestId: error.requestId }, 'handshake failed');
    return Object.assign(new Error(error.code), { data: error });
  }
}
