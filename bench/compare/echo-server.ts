import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';

/** The least that any server on socket.io does: answers each send, checks nothing, stores nothing. */
const http = createServer();
new Server(http, { transports: ['websocket'] }).on('connection', (socket) => {
  socket.on('message:send', (payload: unknown, ack: (answer: unknown) => void) =>
    ack({ ok: true, data: payload }),
  );
});
http.listen(0, '127.0.0.1', () => console.log(`listening on ${(http.address() as AddressInfo).port}`));
