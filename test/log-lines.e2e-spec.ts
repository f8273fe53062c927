import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { startServer } from './support/server-process.js';

/** Of R36; 100000 takes a quarter of a minute. */
const LINES = Number(process.env.LOG_LINES ?? 20_000);
/** Of R30. */
const REQUESTS = Number(process.env.LOG_REQUESTS ?? 100_000);

/** What V8 does by itself: memory and its own threads. */
const ENGINE =
  /^(futex|mprotect|madvise|munmap|mmap|mremap|brk|getpid|gettid|sched_yield|clock_\w+|restart_syscall)$/;

const hasStrace = spawnSync('strace', ['-V']).status === 0;

/** Names of the system calls of all threads between the two marks. */
function callsBetweenMarks(trace: string): string[] {
  const lines = trace.split('\n');
  const first = lines.findIndex((line) => line.includes('FIRST MARK'));
  const last = lines.findIndex((line) => line.includes('LAST MARK'));
  expect(first).toBeGreaterThan(0);
  expect(last).toBeGreaterThan(first);
  return lines.slice(first + 1, last).flatMap((line) => /^\d+ +(\w+)\(/.exec(line)?.[1] ?? []);
}

(hasStrace ? it : it.skip)('R36: a log line costs one write and no other system call', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nestim-trace-'));
  const trace = join(folder, 'trace');
  const run = spawnSync(
    'strace',
    ['-f', '-qq', '-o', trace, process.execPath, 'test/support/log-lines.mjs', String(LINES)],
    { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' },
  );
  expect([run.status, run.stderr]).toEqual([0, 'FIRST MARK\nLAST MARK\n']);
  const calls = callsBetweenMarks(readFileSync(trace, 'utf8')).filter((call) => !ENGINE.test(call));
  expect([...new Set(calls)]).toEqual(['write']);
  expect(calls).toHaveLength(LINES);
  rmSync(folder, { recursive: true });
});

/** Sends requests down one connection without waiting between them; resolves when all are answered with 200. */
function pipeline(port: number, count: number): Promise<void> {
  const request = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n';
  return new Promise((resolve, reject) => {
    let answered = 0;
    let sent = 0;
    const send = (socket: Socket): void => {
      const more = Math.min(200, count - sent);
      sent += more;
      socket.write(request.repeat(more));
    };
    const socket = connect(port, '127.0.0.1', () => send(socket)).setEncoding('latin1');
    let rest = '';
    socket.on('error', reject).on('data', (text: string) => {
      const parts = (rest + text).split('HTTP/1.1 200 OK');
      rest = parts.pop()!.slice(-15);
      answered += parts.length;
      if (answered === count) resolve(void socket.end());
      else if (answered === sent) send(socket);
    });
  });
}

it('R30: a server asks for its interfaces once in 100,000 requests', async () => {
  const counter = pathToFileURL('test/support/count-interface-calls.mjs').href;
  const server = await startServer({ nodeArgs: ['--import', counter] });
  await Promise.all(Array.from({ length: 10 }, () => pipeline(server.port, REQUESTS / 10)));
  await server.stop();
  const calls = server.lines.flatMap((line) => /^networkInterfaces calls: (\d+)$/.exec(line)?.[1] ?? []);
  expect(calls.map(Number).sort()).toEqual([0, 1]);
}, 120_000);
