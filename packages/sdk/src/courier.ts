import type { ClientData, ClientEvent, ClientPayload } from '@nestim/protocol';
import type { Channel } from './channel.js';
import type { NestimError } from './errors.js';

/** Carries requests over whichever connection there is, across any number of breaks. */
export class Courier {
  private channel?: Channel;
  private closedBy?: NestimError;
  private waiting: { resolve: (channel: Channel) => void; reject: (error: NestimError) => void }[] = [];

  /** Why nothing is carried any more, until {@link reopen}. */
  get closed(): NestimError | undefined {
    return this.closedBy;
  }

  connected(channel: Channel): void {
    this.channel = channel;
    for (const { resolve } of this.waiting.splice(0)) resolve(channel);
  }

  disconnected(): void {
    this.channel = undefined;
  }

  close(error: NestimError): void {
    this.channel = undefined;
    this.closedBy = error;
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }

  reopen(): void {
    this.closedBy = undefined;
  }

  /**
   * Asks until there is an answer: waits while offline and asks again after a break, so the request must be one
   * that may be repeated. @throws NestimError that is not temporary, or the one that closed the client
   */
  async ask<E extends ClientEvent>(event: E, payload: ClientPayload<E>): Promise<ClientData<E>> {
    for (;;) {
      const channel = await this.present();
      try {
        return await channel.insist(event, payload);
      } catch (error) {
        if ((error as NestimError).code !== 'CONNECTION_LOST') throw error;
        if (this.channel === channel) this.channel = undefined;
      }
    }
  }

  private present(): Promise<Channel> {
    if (this.closedBy) return Promise.reject(this.closedBy);
    if (this.channel?.open) return Promise.resolve(this.channel);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }
}
