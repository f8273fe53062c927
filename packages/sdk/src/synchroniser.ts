import type { Message, ServerEvent, ServerPayload } from '@nestim/protocol';
import { CatchUp, type SyncProgress } from './catch-up.js';
import type { Channel } from './channel.js';
import type { Environment } from './environment.js';
import type { Store } from './store.js';

/** How long a hole may be the place of a message of mine whose ack is on its way. */
const OWN_ACK_MS = 250;

export interface SynchroniserOptions {
  environment: Environment;
  /** Most messages of one conversation that are caught up with one by one. */
  catchUpLimit: number;
  /** Whether a message of mine in this conversation waits for its ack. */
  awaitsAck: (conversationId: string) => boolean;
}

/** Keeps the store up to date: applies pushes, and calls for what no push tells. */
export class Synchroniser {
  private readonly progress: SyncProgress = { cursor: undefined, everSynced: false };
  private catchUp?: CatchUp;

  constructor(
    private readonly store: Store,
    private readonly options: SynchroniserOptions,
  ) {}

  get everSynced(): boolean {
    return this.progress.everSynced;
  }

  /** Over a new connection: resolves when states and messages are up to date. @throws NestimError */
  establish(channel: Channel): Promise<void> {
    this.catchUp = new CatchUp(channel, this.store, this.progress, this.options);
    return this.catchUp.refresh();
  }

  lost(): void {
    this.catchUp = undefined;
  }

  /** States may have changed in a way that no push tells: fetches them, once for any number of calls. */
  refresh(): void {
    // A failure ends the connection or meets the next one's start, which fetches everything again.
    this.catchUp?.refresh().catch(() => undefined);
  }

  /** A message that was pushed, or that an ack brought. */
  received(message: Message): void {
    if (!this.store.receive(message)) return this.refresh();
    const { conversationId } = message;
    if (!this.store.missing(conversationId)) return;
    const { environment, awaitsAck } = this.options;
    if (awaitsAck(conversationId)) environment.after(OWN_ACK_MS, () => this.fill(conversationId));
    else this.fill(conversationId);
  }

  pushed(event: ServerEvent, payload: unknown): void {
    switch (event) {
      case 'message:new':
        return this.received(payload as ServerPayload<'message:new'>);
      case 'receipt:updated':
        return this.store.applyReceipt(payload as ServerPayload<'receipt:updated'>);
      case 'group:joined':
        this.store.applyGroup((payload as ServerPayload<'group:joined'>).group);
        return this.refresh();
      case 'group:left':
        return this.refresh();
      case 'session:revoked':
        return;
    }
  }

  private fill(conversationId: string): void {
    this.catchUp?.fill(conversationId).catch(() => undefined);
  }
}
