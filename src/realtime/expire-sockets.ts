import { ERRORS, type WireError } from '@nestim/protocol';
import type { Server, Socket } from 'socket.io';

const EVERY_MS = 1_000;

/** Ends each live socket within a second of its token's end; one look at all of them is cheaper than a timer for each. */
export function expireSockets(io: Server): void {
  const sweep = setInterval(() => {
    const now = Date.now();
    for (const socket of io.sockets.sockets.values()) if (socket.data.expiresAt <= now) expire(socket);
  }, EVERY_MS);
  sweep.unref();
  io.httpServer.once('close', () => clearInterval(sweep));
}

/** The client connects again with a fresh token. */
function expire(socket: Socket): void {
  const { message, temporary } = ERRORS.TOKEN_EXPIRED;
  const error = { code: 'TOKEN_EXPIRED', message, temporary } satisfies WireError;
  socket.emit('session:revoked', { sessionId: socket.data.ctx.sessionId, error });
  socket.disconnect(true);
}
