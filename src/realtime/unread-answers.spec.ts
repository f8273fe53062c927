import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket as Wire } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { WebSocket } from 'ws';
import { RawJson } from '../common/raw-json.js';
import type { AppConfig } from '../config/app-config.js';
import { InFlightRequests } from '../infra/lifecycle/in-flight-requests.js';
import { ShutdownSteps } from '../infra/lifecycle/shutdown-steps.js';
import { RateLimits } from '../infra/limits/rate-limits.js';
import { Metrics } from '../infra/metrics/metrics.js';
import { makeDirect } from './direct-connection.js';
import { EventDispatcher, type SocketData } from './event-dispatcher.js';
import { OutgoingWebSocketServer } from './outgoing-websocket.js';
import { packetParser } from './packets.js';
import { eventually } from '../../test/support/wait.js';

const MEGABYTE = 1024 * 1024;
const PAGE = new RawJson(`{"ok":true,"data":"${'x'.repeat(MEGABYTE)}"}`);
/** Far more than may wait and what the operating system keeps on its way. */
const ASKED = 60;

describe('answers that a client leaves unread', () => {
  const http = createServer();
  const io = new Server(http, { wsEngine: OutgoingWebSocketServer, parser: packetParser } as object);
  const limits = new RateLimits({ rateLimitFactor: 1 } as AppConfig, new Metrics());
  const events = new EventDispatcher(new ShutdownSteps(), new InFlightRequests(), limits);
  /** Pages that were made. */
  let made = 0;
  /** What the pages wait for. */
  let ready: Promise<void>;
  events.add('message:pull', async () => {
    made += 1;
    await ready;
    return PAGE;
  });

  beforeAll(() => {
    io.engine.on('connection', makeDirect);
    io.on('connection', (socket) => {
      const ctx = { userId: 'u', sessionId: 's', socketId: socket.id };
      socket.data = { ctx, expiresAt: Infinity, local: true, open: 0 } satisfies SocketData;
      events.serve(socket);
    });
    return once(http.listen(0, '127.0.0.1'), 'listening');
  });
  beforeEach(() => {
    made = 0;
    ready = Promise.resolve();
  });
  afterAll(() => io.close());

  /** A client that reads only when told to. */
  async function connect(): Promise<{
    wire: Wire;
    ask: (times: number) => Promise<void>;
    answers: string[];
  }> {
    const { port } = http.address() as AddressInfo;
    const ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    const connected = once(io, 'connection') as Promise<[Socket]>;
    ws.once('message', () => ws.send('40'));
    const [served] = await connected;
    let [sent, arrived] = [0, 0];
    served.conn.transport.on('packet', () => (arrived += 1));
    const answers: string[] = [];
    ws.on('message', (data) => String(data).startsWith('43') && answers.push(String(data)));
    /** Resolves when the server has them. */
    const ask = async (times: number): Promise<void> => {
      for (const end = sent + times; sent < end; sent++) ws.send(`42${sent}["message:pull",{}]`);
      await eventually(() => arrived === sent, 'the server to be asked');
    };
    return { wire: (ws as unknown as { _socket: Wire })._socket, ask, answers };
  }

  const refusals = (answers: string[]): number =>
    answers.filter((answer) => /"code":"TOO_MANY_REQUESTS".*"temporary":true/.test(answer)).length;

  it('end what it is served until it reads: nothing more is made for it', async () => {
    const { wire, ask, answers } = await connect();
    wire.pause();
    for (let i = 0; i < ASKED; i++) await ask(1);
    expect(made).toBeGreaterThanOrEqual(8);
    expect(made).toBeLessThan(ASKED);
    wire.resume();
    await eventually(() => answers.length === ASKED, 'all answers');
    expect(refusals(answers)).toBe(ASKED - made);
    await ask(1);
    await eventually(() => answers.length === ASKED + 1, 'one more');
    expect(refusals(answers.slice(-1))).toBe(0);
    wire.destroy();
  });

  it('are bounded also when all was asked for before the first was there', async () => {
    const { wire, ask, answers } = await connect();
    wire.pause();
    let release = (): void => {};
    ready = new Promise((resolve) => (release = resolve));
    await ask(ASKED);
    expect(made).toBe(ASKED);
    release();
    wire.resume();
    await eventually(() => answers.length === ASKED, 'all answers');
    expect(refusals(answers)).toBe(ASKED - 8);
    wire.destroy();
  });

  it('are bounded over long polling, too', async () => {
    const { port } = http.address() as AddressInfo;
    let address = `http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`;
    const poll = async (): Promise<string> => (await fetch(address)).text();
    const post = (body: string): Promise<unknown> => fetch(address, { method: 'POST', body });
    const { sid } = JSON.parse((await poll()).slice(1)) as { sid: string };
    address += `&sid=${sid}`;
    await post('40');
    expect(await poll()).toMatch(/^40/);
    for (let i = 0; i < 10; i++) await post(`42${i}["message:pull",{}]`);
    expect(made).toBe(8);
    expect(refusals((await poll()).split('\x1e'))).toBe(2);
    await post('42["message:pull",{}]');
    expect(made).toBe(9);
    await post('1');
  });
});
