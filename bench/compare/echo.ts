import { fileURLToPath } from 'node:url';
import { Child } from '../../test/support/child.js';
import { cpuSeconds } from '../wire/cpu-time.js';
import { ImConnection } from '../wire/im-connection.js';
import type { Speed } from './ratios.js';

const CONNECTIONS = 100;
const WARM_UP_SECONDS = 1;
const SEND = {
  to: { userId: 'echo' },
  clientMsgId: 'echo',
  type: 'text',
  content: { text: 'x'.repeat(100) },
} as const;

/** How fast this machine is now, by a bare socket.io server that echoes; asked as NestIM is, by the same client. */
export async function measureEcho(seconds: number): Promise<Speed> {
  const server = new Child([fileURLToPath(new URL('echo-server.js', import.meta.url))], process.env);
  const connections: ImConnection[] = [];
  try {
    const port = await server.line((line) => /listening on (\d+)/.exec(line)?.[1], 'its port');
    const lost = (): void => undefined;
    for (let i = 0; i < CONNECTIONS; i++) {
      const url = `http://127.0.0.1:${port}`;
      connections.push(await ImConnection.open(url, 'any', { push: () => undefined, lost }));
    }
    await echo(connections, WARM_UP_SECONDS);
    const cpuBefore = await cpuSeconds(server.pid);
    const echoes = await echo(connections, seconds);
    const cpu = ((await cpuSeconds(server.pid)) ?? NaN) - (cpuBefore ?? NaN);
    return { perSecond: echoes / seconds, cpuPer1000: (cpu / echoes) * 1000 };
  } finally {
    for (const connection of connections) connection.close();
    await server.end('SIGTERM');
  }
}

async function echo(connections: ImConnection[], seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let echoes = 0;
  const ask = async (connection: ImConnection): Promise<void> => {
    while (performance.now() < end) {
      await connection.ask('message:send', SEND);
      echoes += 1;
    }
  };
  await Promise.all(connections.map(ask));
  return echoes;
}
