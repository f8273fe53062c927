import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aUser } from './support/factories.js';
import { startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

const SENDS = 25;

/** What the trace shows, in time order: a message came, the disk confirmed a sync, an ack went out. */
type Step = 'arrival' | 'synced' | 'ack';

const stepOf = (line: string): Step | undefined => {
  if (/(fdatasync|fsync|msync)\(.*\)\s+= 0|<\.\.\. (fdatasync|fsync|msync) resumed>.*\s= 0/.test(line))
    return 'synced';
  if (/(write|writev|sendmsg|sendto)\(.*\\"ok\\":true/.test(line)) return 'ack';
  if (/insert.*messages.*durable-\d+/.test(line) && /(sendmsg|sendto|write|writev)\(/.test(line))
    return 'arrival';
  return undefined;
};

/** A kill leaves the page cache; that acks wait for the disk shows only at the system calls. */
it('G1: between handing a message to the store and its ack there is a sync that has returned', async () => {
  const server = await startServer();
  const folder = await mkdtemp(join(tmpdir(), 'nestim-trace-'));
  const trace = join(folder, 'trace');
  const [ada, bob] = [await aUser(server), await aUser(server)];
  const client = await ada.connect();
  await client.send({ to: { userId: bob.userId } }, 'first');

  const calls = 'trace=fdatasync,fsync,msync,write,writev,sendto,sendmsg';
  const strace = spawn('strace', ['-f', '-s', '400', '-e', calls, '-o', trace, '-p', String(server.pid)]);
  await once(strace, 'spawn');
  let said = '';
  strace.stderr.on('data', (data: Buffer) => (said += String(data)));
  await eventually(() => said.includes('attached'), 'strace to attach');

  for (let i = 0; i < SENDS; i++) await client.send({ to: { userId: bob.userId } }, 'x', `durable-${i}`);
  strace.kill('SIGINT');
  await once(strace, 'exit');
  client.close();

  const lines = (await readFile(trace, 'utf8')).split('\n');
  const steps = lines.flatMap((line) => stepOf(line) ?? []);
  const acks = steps.filter((step) => step === 'ack').length;
  expect(acks).toBe(SENDS);
  expect(steps.filter((step) => step === 'arrival')).toHaveLength(SENDS);
  let sinceArrival: Step[] = [];
  for (const step of steps) {
    if (step === 'ack') expect(sinceArrival).toContain('synced');
    sinceArrival = step === 'synced' ? [...sinceArrival, step] : [step];
  }
  await rm(folder, { recursive: true });
  await server.stop();
}, 60_000);
