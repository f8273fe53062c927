import type { Socket } from 'engine.io';

/**
 * The connections that carry no socket: their clients have yet to say who they are, or have left. So many may stay; of more,
 * the one that has waited longest is closed, so that nobody keeps the others from coming.
 */
export class Strangers {
  /** In the order in which they came. */
  private readonly present = new Set<Socket>();
  private readonly onClose: (this: Socket) => void;

  constructor(private readonly max: number) {
    const { present } = this;
    this.onClose = function () {
      present.delete(this);
    };
  }

  /** For engine.io's `connection`, and for who has left but keeps his connection. */
  add(connection: Socket): void {
    if (connection.readyState === 'closing' || connection.readyState === 'closed') return;
    this.present.add(connection);
    connection.on('close', this.onClose);
    if (this.present.size <= this.max) return;
    const [first] = this.present;
    first!.close(true);
  }

  /** @returns false, and nothing is done, when it carries a socket already */
  remove(connection: Socket): boolean {
    connection.off('close', this.onClose);
    return this.present.delete(connection);
  }
}
