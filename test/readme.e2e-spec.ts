import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Person, register } from './support/factories.js';
import { blockOf, type RunningScript, runScript } from './support/readme.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

/** As long as a client waits at most between tries to connect, and some. */
const COMING_BACK_MS = 45_000;

describe('the first conversation of the README, in Node', () => {
  const script = `readme-${process.pid}.tmp.mjs`;
  let dataDir: string;
  let server: ServerProcess;
  let ada: Person;
  let bob: Person;
  let chats: RunningScript[];
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'nestim-readme-'));
    server = await startServer({ dataDir });
    ada = await register(server, 'ada', 'correct horse');
    bob = await register(server, 'bob', 'battery staple');
    const code = await blockOf('README.md', 'js');
    await writeFile(script, code.replaceAll('http://127.0.0.1:3000', server.url));
  });
  afterAll(async () => {
    for (const { child } of chats) child.kill();
    await rm(script, { force: true });
    await server.stop();
  });

  const writes = ({ child }: RunningScript, line: string) => child.stdin.write(`${line}\n`);
  const reads = ({ output }: RunningScript, line: string, ms?: number) =>
    eventually(() => output.text.split('\n').includes(line), line, ms);

  it('talks', async () => {
    chats = [
      runScript(script, ['ada', 'correct horse', bob.userId]),
      runScript(script, ['bob', 'battery staple', ada.userId]),
    ];
    await Promise.all(chats.map((chat) => reads(chat, '(online)')));
    writes(chats[0]!, 'Hello Bob');
    await reads(chats[1]!, `${ada.userId}: Hello Bob`);
    writes(chats[1]!, 'Hello Ada');
    await reads(chats[0]!, `${bob.userId}: Hello Ada`);
  });

  it('goes on after the server was stopped and started: everything arrives, once and in order', async () => {
    await server.stop({ keepData: true });
    await eventually(() => chats.every(({ output }) => output.text.includes('(offline')), 'both to notice');
    for (const line of ['one', 'two', 'three']) writes(chats[1]!, line);
    server = await startServer({ dataDir, port: server.port });
    await reads(chats[0]!, `${bob.userId}: three`, COMING_BACK_MS);
    const told = chats[0]!.output.text.split('\n').filter((line) => line.startsWith(bob.userId));
    expect(told).toEqual(['Hello Ada', 'one', 'two', 'three'].map((text) => `${bob.userId}: ${text}`));
  }, 90_000);

  it('says what it could not send, and ends with its input', async () => {
    const lost = runScript(script, ['ada', 'correct horse', 'nobody']);
    lost.child.stdin.end('Hello?\n');
    await once(lost.child, 'exit');
    expect(lost.output.text).toContain('not sent: ');
    const ended = Promise.all(chats.map(({ child }) => once(child, 'exit')));
    for (const { child } of chats) child.stdin.end();
    expect(await ended).toEqual([
      [0, null],
      [0, null],
    ]);
  });
});
