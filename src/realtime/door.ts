import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** A turn of the event loop with so many takes some milliseconds. */
const PER_TURN = 20;
const MAX_WAITING = 20_000;

type Decide = (refusal: string | null, allowed: boolean) => void;
const ignore = (): void => undefined;

/** Lets new connections in a few at a time: a crowd at the door does not hold up who is inside. */
export class Door {
  private readonly waiting: { socket: Socket; decide: Decide }[] = [];

  /** For engine.io's `allowRequest`. */
  readonly allowRequest = ({ socket }: IncomingMessage, decide: Decide): void => {
    if (this.waiting.length >= MAX_WAITING) return decide('too many wait', false);
    // Nobody else listens yet for a connection that breaks while it waits.
    socket.on('error', ignore);
    if (this.waiting.push({ socket, decide }) === 1) setImmediate(this.open);
  };

  private readonly open = (): void => {
    for (const { socket, decide } of this.waiting.slice(0, PER_TURN)) {
      socket.off('error', ignore);
      if (!socket.destroyed) decide(null, true);
    }
    this.waiting.splice(0, PER_TURN);
    if (this.waiting.length > 0) setImmediate(this.open);
  };
}
