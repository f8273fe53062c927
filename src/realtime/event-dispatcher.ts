import type { Socket } from 'socket.io';
import { AppError } from '../common/app-error.js';
import type { Ctx } from '../common/ctx.js';
import { newId } from '../common/ids.js';
import { toWireError } from '../common/to-wire-error.js';
import type { InFlightRequests } from '../infra/lifecycle/in-flight-requests.js';
import type { ShutdownSteps } from '../infra/lifecycle/shutdown-steps.js';
import type { RateLimits } from '../infra/limits/rate-limits.js';
import type { TokenBucket } from '../infra/limits/token-bucket.js';
import { readDirectly, unreadAnswers } from './direct-connection.js';
import { answerPacket, parseEvent } from './packets.js';

/** What one socket may have under way. A send holds little; an answer may hold a page of a megabyte. */
const MAX_OPEN_COST = 1_024;
const costOf = (event: string): number => (event === 'message:send' ? 1 : 16);
/** A client that leaves so many bytes of answers unread is served nothing more until it reads. */
const MAX_UNREAD_ANSWERS = 8 * 1024 * 1024;
/** Asked for together, they may be too much by the time they are there; asked for again, they are as good. */
const PAGES = new Set(['message:pull', 'conversation:list', 'sync']);

/** What the server keeps of a connected socket. */
export interface SocketData {
  readonly ctx: Ctx;
  /** Epoch ms; the socket is closed then. */
  readonly expiresAt: number;
  /** It comes straight from this machine: not counted. */
  readonly local: boolean;
  /** Cost of what is under way. */
  open: number;
  budget?: TokenBucket;
}

type Answer = (answer: unknown) => void;
const nobody: Answer = () => undefined;

/** Its result is the answer; errors were answered by the filter, which finds `answer` among the arguments. */
export type EventHandler = (payload: unknown, answer: Answer, ctx: Ctx) => Promise<unknown>;

/** Brings the events of all sockets to their handlers: one table, and nothing that belongs to a single socket. */
export class EventDispatcher {
  private readonly handlers = new Map<string, EventHandler>();
  /** For events that came as no plain packet: one listener for all sockets. */
  private readonly onAny: (this: Socket, event: string, ...args: unknown[]) => void;

  constructor(
    private readonly shutdown: ShutdownSteps,
    private readonly inFlight: InFlightRequests,
    private readonly limits: RateLimits,
  ) {
    const dispatch = this.dispatch.bind(this);
    this.onAny = function (event, ...args) {
      const last = args.at(-1);
      const payload = typeof args[0] === 'function' ? undefined : args[0];
      void dispatch(this, event, payload, typeof last === 'function' ? (last as Answer) : nobody);
    };
  }

  add(event: string, handler: EventHandler): void {
    this.handlers.set(event, handler);
  }

  serve(socket: Socket): void {
    const { conn } = socket;
    readDirectly(conn, (packet) => {
      const plain = typeof packet === 'string' ? parseEvent(packet) : null;
      if (!plain) return false;
      const { event, payload, id } = plain;
      const answer: Answer = id === '' ? nobody : (result) => void conn.write(answerPacket(id, result));
      void this.dispatch(socket, event, payload, answer);
      return true;
    });
    socket.onAny(this.onAny);
  }

  /** The stop of the server waits for what was begun here; one client cannot begin more than its share. */
  private async dispatch(socket: Socket, event: string, payload: unknown, answer: Answer): Promise<void> {
    if (!socket.connected) return;
    const handler = this.handlers.get(event);
    if (!handler) return refuse(new AppError('UNKNOWN_EVENT'), answer);
    if (this.shutdown.stopping) return refuse(new AppError('SHUTTING_DOWN'), answer);
    const data = socket.data as SocketData;
    const cost = costOf(event);
    const tooMuch = data.open + cost > MAX_OPEN_COST || leavesUnread(socket);
    if (tooMuch) return refuse(new AppError('TOO_MANY_REQUESTS'), answer);
    const refusal = this.overRate(data);
    if (refusal) return refuse(refusal, answer);
    const done = this.inFlight.enter();
    data.open += cost;
    try {
      const result = await handler(payload, answer, data.ctx);
      // The filter has answered.
      if (!result) return;
      if (PAGES.has(event) && leavesUnread(socket)) refuse(new AppError('TOO_MANY_REQUESTS'), answer);
      else answer(result);
    } finally {
      data.open -= cost;
      done();
    }
  }

  /** The user's bucket is kept at hand: most sends cost a look at the clock. */
  private overRate(data: SocketData): AppError | undefined {
    if (data.local) return undefined;
    data.budget ??= this.limits.user.bucketOf(data.ctx.userId);
    return this.limits.user.takeFrom(data.budget);
  }
}

const leavesUnread = ({ conn }: Socket): boolean => unreadAnswers(conn) > MAX_UNREAD_ANSWERS;

function refuse(error: AppError, answer: Answer): void {
  answer({ ok: false, error: toWireError(error, newId()) });
}
