import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Server, type Socket } from 'socket.io';
import { WebSocket } from 'ws';
import { forgetHandshake } from './forget-handshake.js';
import { packetParser } from './packets.js';
import { OutgoingWebSocketServer } from './outgoing-websocket.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Is there anything left of what these were? */
async function gone(...references: WeakRef<object>[]): Promise<boolean> {
  // A turn in which a reference was followed keeps its target.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  return references.every((reference) => reference.deref() === undefined);
}

describe('an idle connection', () => {
  const http = createServer();
  const io = new Server(http, { wsEngine: OutgoingWebSocketServer, parser: packetParser } as object);
  beforeAll(() => once(http.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => io.close());

  it('holds neither the request that opened it, nor its token, nor the bytes it read last', async () => {
    const { port } = http.address() as AddressInfo;
    const client = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    const connected = new Promise<WeakRef<object>[]>((resolve) => {
      io.once('connection', (socket: Socket) => {
        const { request, handshake } = socket;
        const held = [new WeakRef(request), new WeakRef(request.headers), new WeakRef(handshake.auth)];
        forgetHandshake(socket);
        resolve(held);
      });
    });
    client.once('message', () => client.send(`40${JSON.stringify({ token: 't'.repeat(200) })}`));
    const held = await connected;
    const [live] = [...io.sockets.sockets.values()];
    const received = once(live!, 'talk');
    client.send(`42["talk","${'x'.repeat(10_000)}"]`);
    await received;
    const { _receiver } = (live!.conn.transport as unknown as { socket: { _receiver: object } }).socket;
    expect(_receiver).toMatchObject({ _mask: undefined, _buffers: [], _fragments: [] });
    expect(await gone(...held)).toBe(true);
    expect(live!.connected).toBe(true);
    client.close();
  });
});
