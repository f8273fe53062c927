import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { WebSocket } from 'ws';
import { Strangers } from './strangers.js';

describe('connections without a socket', () => {
  const http = createServer();
  const io = new Server(http);
  const strangers = new Strangers(2);
  beforeAll(() => {
    io.engine.on('connection', (connection) => strangers.add(connection));
    io.on('connection', ({ conn }) => strangers.remove(conn));
    return once(http.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => io.close());

  const address = (transport: string): string =>
    `127.0.0.1:${(http.address() as AddressInfo).port}/socket.io/?EIO=4&transport=${transport}`;

  async function open(): Promise<WebSocket> {
    const ws = new WebSocket(`ws://${address('websocket')}`);
    await once(ws, 'message');
    return ws;
  }

  async function poll(sid = ''): Promise<string> {
    return (await fetch(`http://${address('polling')}${sid && `&sid=${sid}`}`)).text();
  }

  it('are bounded: the one that has waited longest is closed; who carries a socket is not', async () => {
    const known = await open();
    known.send('40');
    await once(known, 'message');
    const [first, second] = [await open(), await open()];
    const parted = once(first, 'close');
    const third = await open();
    await parted;

    expect([known, second, third].map((ws) => ws.readyState)).toEqual(Array(3).fill(WebSocket.OPEN));
    const next = once(second, 'close');
    const { sid } = JSON.parse((await poll()).slice(1)) as { sid: string };
    await next;
    await Promise.all([once(third, 'close'), open()]);
    await open();
    expect(await poll(sid)).toContain('Session ID unknown');

    expect(known.readyState).toBe(WebSocket.OPEN);
    io.disconnectSockets(true);
  });

  it('count those whose client has left, and not those that are closed', async () => {
    const left = await open();
    const socket = once(io, 'connection');
    left.send('40');
    const [{ conn }] = (await socket) as [{ conn: Parameters<Strangers['add']>[0] }];
    expect(strangers.remove(conn)).toBe(false);
    strangers.add(conn);
    const parted = once(left, 'close');
    await Promise.all([open(), open()]);
    await parted;
    strangers.add(conn);
    expect(strangers.remove(conn)).toBe(false);
  });
});
