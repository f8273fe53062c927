import type { Platform, ServerPayload, WireError } from '@nestim/protocol';
import { io, type Socket } from 'socket.io-client';
import { Backoff, type BackoffOptions } from './backoff.js';
import { Channel } from './channel.js';
import type { Environment } from './environment.js';
import { clientError, NestimError, remedyFor, serverError } from './errors.js';
import { onNetworkBack } from './network.js';
import { ClientState, type ConnectionStatus } from './status.js';
import { type GetToken, readToken, renewIn, type TokenClaims, type TokenReason } from './token.js';

export interface ConnectionOptions {
  url: string;
  getToken: GetToken;
  deviceId?: string;
  platform?: Platform;
  transports?: ('websocket' | 'polling')[];
  reconnect?: BackoffOptions;
  /** Longest wait for a connection and for an answer, in milliseconds. */
  timeoutMs: number;
  environment: Environment;
}

/** What the connection tells its owner. */
export interface ConnectionHooks {
  /** A token is about to be used. Throw to stop for good. */
  identified: (claims: TokenClaims) => void;
  /** Connected: brings everything up to date; the client is online when it resolves. */
  established: (channel: Channel) => Promise<void>;
  lost: () => void;
  pushed: (event: string, payload: unknown) => void;
  changed: (status: ConnectionStatus) => void;
}

/**
 * Times the timeout that an answer is waited for at most. Without patience that grows, clients of an overloaded server
 * would drop what it has half done and begin anew, and keep it overloaded.
 */
const MAX_PATIENCE = 4;

/** Keeps one socket connected, through breaks and token changes, until it is told to stop. */
export class Connection {
  private current: ConnectionStatus = { state: ClientState.idle, reconnects: false };
  private readonly backoff: Backoff;
  private socket?: Socket;
  /** Whatever was begun for an earlier attempt finds another number here and ends. */
  private attempt = 0;
  private cancelTimer: () => void = () => {};
  private cancelRenewal: () => void = () => {};
  private ignoreNetwork: () => void = () => {};
  /** Refusals of tokens since the last success: a second one in a row waits or stops. */
  private tokenRefusals = 0;
  /** How often in a row there was no answer in time: each doubles the patience, up to {@link MAX_PATIENCE}. */
  private silences = 0;
  private lastWords?: NestimError;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly hooks: ConnectionHooks,
  ) {
    this.backoff = new Backoff(() => options.environment.random(), options.reconnect);
  }

  get status(): ConnectionStatus {
    return this.current;
  }

  /** Connects, unless it is under way already. */
  start(): void {
    const { state } = this.current;
    if (state !== ClientState.idle && state !== ClientState.closed) return;
    this.succeeded();
    this.ignoreNetwork = onNetworkBack(() => this.hurry());
    this.begin('connect');
  }

  /** Ends the connection for good, or until the next {@link start}. */
  stop(error: NestimError): void {
    this.drop();
    this.ignoreNetwork();
    this.change({ state: ClientState.closed, reconnects: false, error });
  }

  /** Drops the connection and does what the error calls for. */
  fail(error: NestimError): void {
    this.drop();
    if (error.code === 'NO_ANSWER') this.silences += 1;
    const remedy = remedyFor(error);
    if (remedy === 'stop') return this.stop(error);
    if (remedy === 'token') {
      this.tokenRefusals += 1;
      if (this.tokenRefusals === 1) return this.begin('refused', error);
      // A fresh token that is unknown to the server will not become known; one that is too old may be a wrong clock.
      if (error.code === 'UNAUTHENTICATED') return this.stop(error);
    }
    const { environment } = this.options;
    // On top of what the server asks: all whom it refused at once would come back at once.
    const wait = error.retryAfterMs + this.backoff.next();
    const reason = remedy === 'token' ? 'refused' : 'connect';
    this.cancelTimer = environment.after(wait, () => this.begin(reason, error));
    const retryAt = environment.now() + wait;
    this.change({ state: ClientState.offline, reconnects: true, error, retryAt });
  }

  /** Makes the next attempt now, when one is being waited for. */
  private hurry(): void {
    if (this.current.state === ClientState.offline) this.begin('connect');
  }

  private begin(reason: TokenReason, error?: NestimError): void {
    this.drop();
    this.change({ state: ClientState.connecting, reconnects: true, ...(error && { error }) });
    const attempt = this.attempt;
    void this.fetchToken(reason).then(
      (token) => attempt === this.attempt && this.open(token),
      (error: NestimError) => {
        if (attempt !== this.attempt) return;
        // Asking again for a token that was refused for good would not change that.
        if (error.temporary) this.fail(error);
        else this.stop(error);
      },
    );
  }

  private async fetchToken(reason: TokenReason): Promise<string> {
    let token: string | null;
    try {
      token = await this.options.getToken({ reason });
    } catch (cause) {
      if (cause instanceof NestimError && !cause.temporary) throw cause;
      throw clientError('TOKEN_UNAVAILABLE', cause, (cause as { details?: unknown } | undefined)?.details);
    }
    if (token === null) throw clientError('LOGGED_OUT');
    return token;
  }

  private open(token: string): void {
    const { url, deviceId, platform, transports, environment } = this.options;
    const timeoutMs = this.patience();
    const claims = readToken(token);
    try {
      this.hooks.identified(claims);
    } catch (error) {
      return this.stop(error as NestimError);
    }
    const socket = io(url, {
      auth: { token, ...(deviceId !== undefined && { deviceId }), ...(platform && { platform }) },
      transports: transports ?? ['websocket', 'polling'],
      tryAllTransports: true,
      reconnection: false,
      forceNew: true,
      // The timer below comes first: it covers the handshake as well, and tells silence from a refused connection.
      timeout: timeoutMs + 1_000,
    });
    this.socket = socket;
    this.cancelTimer = environment.after(timeoutMs, () => this.fail(clientError('NO_ANSWER')));
    socket.on('connect', () => this.established(socket, token, claims));
    socket.on('connect_error', (error: Error & { data?: WireError }) =>
      this.fail(error.data?.code ? serverError(error.data) : clientError('CONNECTION_LOST', error)),
    );
    socket.on('disconnect', (reason, description) =>
      this.fail(this.lastWords ?? clientError('CONNECTION_LOST', new Error(reason), closeOf(description))),
    );
    socket.onAny((event: string, payload: unknown) => {
      if (event === 'session:revoked')
        this.lastWords = serverError((payload as ServerPayload<'session:revoked'>).error);
      this.hooks.pushed(event, payload);
    });
  }

  private established(socket: Socket, token: string, claims: TokenClaims): void {
    this.cancelTimer();
    const { environment } = this.options;
    const onRefused = (error: NestimError): void => {
      if (socket === this.socket) this.fail(error);
    };
    const channel = new Channel(socket, { environment, answerTimeoutMs: () => this.patience(), onRefused });
    this.change({ state: ClientState.syncing, reconnects: true });
    this.renewLater(token, claims);
    this.hooks.established(channel).then(
      () => socket === this.socket && this.online(),
      (error: NestimError) => socket === this.socket && this.fail(error),
    );
  }

  private succeeded(): void {
    this.backoff.reset();
    this.tokenRefusals = 0;
    this.silences = 0;
  }

  /** The longest wait for one answer, in milliseconds. */
  private patience(): number {
    return this.options.timeoutMs * Math.min(2 ** this.silences, MAX_PATIENCE);
  }

  private online(): void {
    this.succeeded();
    this.change({ state: ClientState.online, reconnects: true });
  }

  /** Fetches the next token while this one still serves, and connects again with it. */
  private renewLater(token: string, claims: TokenClaims): void {
    const wait = renewIn(claims, this.options.environment);
    if (wait === undefined) return;
    const attempt = this.attempt;
    this.cancelRenewal = this.options.environment.after(wait, () => {
      this.fetchToken('expiring').then(
        (next) => {
          if (attempt !== this.attempt || next === token) return;
          this.drop();
          this.change({
            state: ClientState.connecting,
            reconnects: true,
            error: clientError('TOKEN_RENEWED'),
          });
          this.open(next);
        },
        // The present token serves until the server says otherwise; then a failure here is met again.
        () => undefined,
      );
    });
  }

  /** Ends whatever is under way, without a word about it. */
  private drop(): void {
    this.attempt += 1;
    this.cancelTimer();
    this.cancelRenewal();
    this.lastWords = undefined;
    const socket = this.socket;
    if (!socket) return;
    this.socket = undefined;
    socket.off();
    socket.offAny();
    socket.disconnect();
    this.hooks.lost();
  }

  private change(status: ConnectionStatus): void {
    this.current = status;
    this.hooks.changed(status);
  }
}

/** What the server said when it closed the connection, as 4008 `SLOW_READER`; nothing when the wire broke. */
function closeOf(description: unknown): { closeCode: number; reason: string } | undefined {
  const close = (description as { context?: { code?: unknown; reason?: unknown } } | undefined)?.context;
  if (typeof close?.code !== 'number' || close.code < 4_000) return undefined;
  return { closeCode: close.code, reason: String(close.reason) };
}
