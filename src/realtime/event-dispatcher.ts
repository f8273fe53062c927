import type { Ack } from '@nestim/protocol';
import type { Socket } from 'socket.io';
import { AppError } from '../common/app-error.js';
import type { Ctx } from '../common/ctx.js';
import { newId } from '../common/ids.js';
import { toWireError } from '../common/to-wire-error.js';
import type { InFlightRequests } from '../infra/lifecycle/in-flight-requests.js';
import type { ShutdownSteps } from '../infra/lifecycle/shutdown-steps.js';
import type { RateLimits } from '../infra/limits/rate-limits.js';
import type { TokenBucket } from '../infra/limits/token-bucket.js';

/** What one socket may have under way. A send holds little; an answer may hold a page of a megabyte. */
const MAX_OPEN_COST = 1_024;
const costOf = (event: string): number => (event === 'message:send' ? 1 : 16);

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

type AckFunction = (answer: Ack<unknown>) => void;
const nobody: AckFunction = () => undefined;

/** Its answer is the ack; errors were acked by the filter, which finds the ack among the arguments. */
export type EventHandler = (
  payload: unknown,
  ack: AckFunction,
  ctx: Ctx,
) => Promise<Ack<unknown> | undefined>;

/** Brings the events of all sockets to their handlers: one table, and nothing that belongs to a single socket. */
export class EventDispatcher {
  /** For `socket.onAny`. */
  readonly listener: (this: Socket, event: string, ...args: unknown[]) => void;
  private readonly handlers = new Map<string, EventHandler>();

  constructor(
    private readonly shutdown: ShutdownSteps,
    private readonly inFlight: InFlightRequests,
    private readonly limits: RateLimits,
  ) {
    const dispatch = this.dispatch.bind(this);
    this.listener = function (event, ...args) {
      void dispatch(this, event, args);
    };
  }

  add(event: string, handler: EventHandler): void {
    this.handlers.set(event, handler);
  }

  /** The stop of the server waits for what was begun here; one client cannot begin more than its share. */
  private async dispatch(socket: Socket, event: string, args: unknown[]): Promise<void> {
    if (!socket.connected) return;
    const last = args.at(-1);
    const ack = typeof last === 'function' ? (last as AckFunction) : nobody;
    const payload = last === ack && args.length === 1 ? undefined : args[0];
    const handler = this.handlers.get(event);
    if (!handler) return refuse(new AppError('UNKNOWN_EVENT'), ack);
    if (this.shutdown.stopping) return refuse(new AppError('SHUTTING_DOWN'), ack);
    const data = socket.data as SocketData;
    const cost = costOf(event);
    if (data.open + cost > MAX_OPEN_COST) return refuse(new AppError('TOO_MANY_REQUESTS'), ack);
    const refusal = this.overRate(data);
    if (refusal) return refuse(refusal, ack);
    const done = this.inFlight.enter();
    data.open += cost;
    try {
      const answer = await handler(payload, ack, data.ctx);
      if (answer) ack(answer);
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

function refuse(error: AppError, ack: AckFunction): void {
  ack({ ok: false, error: toWireError(error, newId()) });
}
