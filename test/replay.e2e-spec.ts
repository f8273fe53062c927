import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Run } from '../bench/replay/run.js';
import { ServerUnderKill } from '../bench/replay/server-under-kill.js';

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

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nestim-logs-'));
});
afterAll(() => rm(folder, { recursive: true }));

const LINES = 120;

const someLogs = (count: number): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, turn) => {
      const file = join(folder, `${turn}.raw.txt`);
      await writeFile(file, aLog(LINES, turn));
      return file;
    }),
  );

async function replay(files: string[], kills: number): Promise<{ run: Run; server: ServerUnderKill }> {
  const plan = { kills, messages: files.length * LINES, random: Math.random };
  const server = await ServerUnderKill.start(plan);
  try {
    const onSent = (messages: number): void => server.sent(messages);
    const run = new Run(server.url, server.adminToken, { breaks: kills > 0, onSent });
    await Promise.race([run.play(files, 3), server.failed]);
    return { run, server };
  } finally {
    await server.stop();
  }
}

it('replays logs that share their people with no difference', async () => {
  const { run } = await replay(await someLogs(4), 0);
  expect(run.strays).toEqual([]);
  expect(run.results.map((r) => r.differences)).toEqual([[], [], [], []]);
  expect(run.results.every((r) => r.messages === LINES && r.parts > 10 && r.deliveries > 300)).toBe(true);
  expect(run.people.connections).toBe(0);
}, 120_000);

it('replays them with no difference though the server is killed meanwhile', async () => {
  const { run, server } = await replay(await someLogs(2), 2);
  expect(run.strays).toEqual([]);
  expect(run.results.map((r) => r.differences)).toEqual([[], []]);
  expect(server.kills).toBe(2);
  expect(run.losses).toBeGreaterThan(0);
}, 120_000);
