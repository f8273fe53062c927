import type { IncomingMessage } from 'node:http';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import type { MessageMappingProperties } from '@nestjs/websockets';
import { Handshake } from '@nestim/protocol';
import type { Server, ServerOptions, Socket } from 'socket.io';
import { AppError } from '../common/app-error.js';
import { BoundedQueue } from '../common/bounded-queue.js';
import { newId } from '../common/ids.js';
import { toWireError } from '../common/to-wire-error.js';
import { parseWith } from '../common/zod-validation.pipe.js';
import { AppConfig } from '../config/app-config.js';
import { InFlightRequests } from '../infra/lifecycle/in-flight-requests.js';
import { ShutdownSteps } from '../infra/lifecycle/shutdown-steps.js';
import { ClientAddress } from '../infra/limits/client-address.js';
import { RateLimits } from '../infra/limits/rate-limits.js';
import { makeDirect } from './direct-connection.js';
import { Door } from './door.js';
import { EventDispatcher, type EventHandler, type SocketData } from './event-dispatcher.js';
import { expireSockets } from './expire-sockets.js';
import { forgetHandshake } from './forget-handshake.js';
import { packetParser } from './packets.js';
import { OutgoingWebSocketServer } from './outgoing-websocket.js';
import { RealtimeServer } from './realtime-server.js';
import { Rooms, sessionRoom, userRoom } from './rooms.js';
import { SocketLifecycle } from './socket-lifecycle.js';
import { Strangers } from './strangers.js';

const CONNECT_TIMEOUT_MS = 10_000;
/** Handshakes under way, and waiting for their turn: so that who is connected is served on while a crowd comes back. */
const ARRIVALS = 100;
const MAX_WAITING = 20_000;
/** Connections that carry no socket. */
const MAX_STRANGERS = 10_000;
/** Of one user: each may hold megabytes that its client does not read. */
const MAX_SOCKETS = 50;

/** Makes the socket.io server: who may connect, which rooms a socket is in, and how events meet their handlers. */
export class ImIoAdapter extends IoAdapter {
  private readonly logger = new Logger(ImIoAdapter.name);
  private readonly config: AppConfig;
  private readonly realtime: RealtimeServer;
  private readonly lifecycle: SocketLifecycle;
  private readonly rooms: Rooms;
  private readonly limits: RateLimits;
  private readonly addresses: ClientAddress;
  private readonly events: EventDispatcher;
  private readonly strangers = new Strangers(MAX_STRANGERS);
  private readonly door = new Door();
  private readonly arrivals = new BoundedQueue(ARRIVALS, MAX_WAITING);
  /** Connections that come straight from this machine: not counted. */
  private readonly local = new WeakSet<object>();
  // Listeners of every socket, made once.
  private readonly onSocketError = (err: Error): void => this.logger.debug({ err }, 'socket error');
  private readonly onDisconnected: (this: Socket) => void;

  constructor(app: INestApplicationContext) {
    super(app);
    this.config = app.get(AppConfig);
    this.realtime = app.get(RealtimeServer);
    this.lifecycle = app.get(SocketLifecycle);
    this.rooms = app.get(Rooms);
    const { strangers } = this;
    this.onDisconnected = function () {
      strangers.add(this.conn);
    };
    this.limits = app.get(RateLimits);
    this.addresses = app.get(ClientAddress);
    this.events = new EventDispatcher(app.get(ShutdownSteps), app.get(InFlightRequests), this.limits);
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const io = super.createIOServer(port, {
      ...options,
      transports: ['websocket', 'polling'],
      maxHttpBufferSize: this.config.maxPayloadBytes,
      connectTimeout: CONNECT_TIMEOUT_MS,
      perMessageDeflate: false,
      allowRequest: this.door.allowRequest,
      wsEngine: OutgoingWebSocketServer,
      parser: packetParser,
      httpCompression: false,
      cors: this.config.corsOrigins.length > 0 && { origin: this.config.corsOrigins },
    } as ServerOptions) as Server;
    io.use((socket, next) => {
      this.admit(socket).then(
        () => next(),
        (thrown: unknown) => next(this.refusal(thrown)),
      );
    });
    io.engine.on('connection', makeDirect);
    io.engine.on('connection', (connection) => this.strangers.add(connection));
    io.on('connection', (socket) => this.onConnected(socket));
    this.realtime.attach(io);
    expireSockets(io);
    return io;
  }

  /**
   * Nest binds the handlers of a gateway to each client, which costs kilobytes a socket. Bound once, to nobody, they
   * serve all sockets: who calls comes with each event.
   */
  override bindClientConnect(_server: Server, bind: (client: undefined) => void): void {
    bind(undefined);
  }

  override bindClientDisconnect(): void {}

  override bindMessageHandlers(_nobody: Socket, handlers: MessageMappingProperties[]): void {
    for (const { message, callback } of handlers)
      this.events.add(message as string, callback as EventHandler);
  }

  private async admit(socket: Socket): Promise<void> {
    // A second socket on a connection would get every push twice.
    if (!this.strangers.remove(socket.conn)) throw new AppError('FORBIDDEN');
    try {
      // Forgotten when the client comes back over the same connection, which was counted.
      const request = socket.request as IncomingMessage | undefined;
      if (request) this.count(request, socket.conn);
      const local = this.local.has(socket.conn);
      const handshake = parseWith(Handshake, socket.handshake.auth);
      keepWaiting(socket);
      await this.arrivals.run(() => this.enter(socket, handshake, local));
    } catch (error) {
      // Behind the refusal. Nothing times the connection any more, and nobody stays whom nobody knows.
      setImmediate(() => socket.conn.close());
      throw error;
    }
  }

  private async enter(socket: Socket, handshake: Handshake, local: boolean): Promise<void> {
    // It gave up while it waited.
    if (socket.conn.readyState !== 'open') return;
    const { userId, sessionId, expiresAt } = await this.lifecycle.authenticate(handshake);
    if (!local) this.limits.connect.take(userId);
    const ctx = { userId, sessionId, socketId: socket.id };
    socket.data = { ctx, expiresAt, local, open: 0 } satisfies SocketData;
    // Those in their handshake are in the room as well: nothing is awaited before this one is.
    const present = socket.nsp.adapter.rooms.get(userRoom(userId))?.size ?? 0;
    if (present >= MAX_SOCKETS) throw new AppError('TOO_MANY_CONNECTIONS');
    await socket.join([userRoom(userId), sessionRoom(sessionId)]);
    await this.rooms.enter(socket, userId, () => this.lifecycle.roomsOf(userId));
  }

  private count(request: IncomingMessage, connection: object): void {
    const address = this.addresses.of(request);
    if (address === null) this.local.add(connection);
    this.limits.address.take(address);
  }

  private onConnected(socket: Socket): void {
    this.rooms.connected(socket, socket.data.ctx.userId);
    forgetHandshake(socket);
    this.events.serve(socket);
    socket.on('error', this.onSocketError);
    socket.on('disconnect', this.onDisconnected);
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

/** Who has said who he is is not timed any more: in a crowd, to be dropped and begin anew would only make it larger. */
function keepWaiting({ client }: Socket): void {
  clearTimeout((client as unknown as { connectTimeout?: NodeJS.Timeout }).connectTimeout);
}
