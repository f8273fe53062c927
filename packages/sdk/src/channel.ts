import type { Ack, ClientData, ClientEvent, ClientPayload } from '@nestim/protocol';
import type { Socket } from 'socket.io-client';
import { Backoff } from './backoff.js';
import type { Environment } from './environment.js';
import { clientError, endsConnection, type NestimError, serverError } from './errors.js';

/** Ceiling of the waits between two tries of one request on one connection. */
const RETRY = { baseMs: 250, maxMs: 10_000 };

export interface ChannelOptions {
  environment: Environment;
  /** Longest wait for an ack, in milliseconds. */
  answerTimeoutMs: () => number;
  /** Told of an error that ends the connection, silence included, before the request rejects. */
  onRefused: (error: NestimError) => void;
}

/** One established connection; when it breaks there will be another one. */
export class Channel {
  constructor(
    private readonly socket: Socket,
    private readonly options: ChannelOptions,
  ) {}

  get open(): boolean {
    return this.socket.connected;
  }

  /** Asks once. @throws NestimError of the server, or `CONNECTION_LOST` or `NO_ANSWER`: the outcome is unknown then */
  async request<E extends ClientEvent>(event: E, payload: ClientPayload<E>): Promise<ClientData<E>> {
    if (!this.open) throw clientError('CONNECTION_LOST');
    const ack = await this.emit(event, payload);
    if (ack.ok) return ack.data;
    const error = serverError(ack.error);
    if (endsConnection(error)) this.options.onRefused(error);
    throw error;
  }

  /** Asks until there is a lasting answer; temporary refusals are tried again while the connection stands. */
  async insist<E extends ClientEvent>(event: E, payload: ClientPayload<E>): Promise<ClientData<E>> {
    const { environment } = this.options;
    const backoff = new Backoff(() => environment.random(), RETRY);
    for (;;) {
      try {
        return await this.request(event, payload);
      } catch (thrown) {
        const error = thrown as NestimError;
        if (!this.open) throw clientError('CONNECTION_LOST', error);
        if (!error.temporary) throw error;
        const wait = error.retryAfterMs + backoff.next();
        await new Promise<void>((resolve) => environment.after(wait, resolve));
      }
    }
  }

  private async emit<E extends ClientEvent>(
    event: E,
    payload: ClientPayload<E>,
  ): Promise<Ack<ClientData<E>>> {
    try {
      const answer: unknown = await this.socket
        .timeout(this.options.answerTimeoutMs())
        .emitWithAck(event, payload);
      return answer as Ack<ClientData<E>>;
    } catch (cause) {
      const error = clientError(this.open ? 'NO_ANSWER' : 'CONNECTION_LOST', cause);
      // A wire that has gone dead shows in nothing else for the best part of a minute.
      if (this.open) this.options.onRefused(error);
      throw error;
    }
  }
}
