/** Who asks, and through which login; the first argument of every use case. */
export interface Ctx {
  readonly userId: string;
  readonly sessionId: string;
  /** Set when the request came over a socket: that socket gets the ack and not the push. */
  readonly socketId?: string;
}
