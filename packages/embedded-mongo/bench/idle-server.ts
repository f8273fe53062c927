import { serialize } from 'bson';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { serve } from './child.js';

/** Reply documents by the name of the command, `hello` among them. */
export type Replies = Record<string, Uint8Array>;

const OK = serialize({ ok: 1 });

/**
 * A server that does nothing: it gives the same answer to every command of a name, whatever is asked. What the driver reaches
 * with it is what no server behind this driver and this socket can exceed.
 */
serve(async ({ path, replies }: { path: string; replies: Replies }) => {
  const server = createServer((socket) => answer(socket, replies)).listen(path);
  await once(server, 'listening');
  return {
    uri: `mongodb://${encodeURIComponent(path)}/?directConnection=true`,
    close: async () => void server.close(),
  };
});

function answer(socket: Socket, replies: Replies): void {
  let buf = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    buf = buf.length > 0 ? Buffer.concat([buf, chunk]) : chunk;
    while (buf.length >= 4 && buf.length >= buf.readInt32LE(0)) {
      const length = buf.readInt32LE(0);
      socket.write(reply(buf.subarray(0, length), replies));
      buf = buf.subarray(length);
    }
  });
}

function reply(request: Buffer, replies: Replies): Buffer {
  const legacy = request.readInt32LE(12) === 2004;
  const name = legacy ? 'hello' : request.toString('latin1', 26, request.indexOf(0, 26));
  const doc = replies[name] ?? OK;
  const head = Buffer.alloc(legacy ? 36 : 21);
  head.writeInt32LE(head.length + doc.length, 0);
  request.copy(head, 8, 4, 8);
  head.writeInt32LE(legacy ? 1 : 2013, 12);
  if (legacy) head.writeInt32LE(1, 32);
  return Buffer.concat([head, doc]);
}
