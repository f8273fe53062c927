import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Run } from '../bench/replay/run.js';
import { type ServerProcess, startServer } from './support/server-process.js';

const NICKS = ['ann', 'bob', 'c[l] eo', 'dan', 'eve|away', '`fay'];

/** A log in which everybody comes, speaks, acts, changes the name, goes and comes back. */
function aLog(lines: number, turn: number): string {
  const log = ['=== topic: nothing to play here'];
  for (let i = 0; i < lines; i += 1) {
    const nick = NICKS[(i * 7 + turn) % NICKS.length]!;
    const time = `[10:${String(i % 60).padStart(2, '0')}]`;
    if (i % 11 === 3) log.push(`=== ${nick} [~x@host.example]  has joined #chat`);
    if (i % 13 === 5) log.push(`=== ${nick} [~x@host.example]  has left #chat ["bye"]`);
    if (i % 17 === 7)
      log.push(`=== ${nick} is now known as ${nick}_`, `=== ${nick}_ is now known as ${nick}`);
    log.push(i % 9 === 4 ? `${time}  * dan does ${i}` : `${time} <${nick}> line ${i} "quoted" \\ é 😀 `);
  }
  return log.join('\n') + '\n';
}

let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), 'nestim-logs-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

it('replays logs that share their people with no difference', async () => {
  const files = await Promise.all(
    [0, 1, 2, 3].map(async (turn) => {
      const file = join(folder, `${turn}.raw.txt`);
      await writeFile(file, aLog(120, turn));
      return file;
    }),
  );
  const run = new Run(server.url, server.adminToken);
  await run.play(files, 3);
  expect(run.strays).toEqual([]);
  expect(run.results.map((r) => r.differences)).toEqual([[], [], [], []]);
  expect(run.results.every((r) => r.messages === 120 && r.parts > 10 && r.deliveries > 300)).toBe(true);
  expect(run.people.connections).toBe(0);
}, 60_000);
