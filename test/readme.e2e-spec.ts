import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { register } from './support/factories.js';
import { type ServerProcess, startServer } from './support/server-process.js';

const run = promisify(execFile);

describe('the first conversation of the README', () => {
  let server: ServerProcess;
  const script = `readme-${process.pid}.tmp.mjs`;
  beforeAll(async () => {
    server = await startServer();
    await register(server, 'ada', 'correct horse');
    await register(server, 'bob', 'battery staple');
    const readme = await readFile('README.md', 'utf8');
    const code = /```js\n([\s\S]*?)```/.exec(readme)![1]!;
    await writeFile(script, code.replaceAll('http://127.0.0.1:3000', server.url));
  });
  afterAll(async () => {
    await rm(script, { force: true });
    await server.stop();
  });

  it.each([1, 2, 3])('talks and ends (run %i)', async () => {
    const { stdout } = await run(process.execPath, [script], { timeout: 15_000 });
    expect(stdout).toContain('bob got');
    expect(stdout).toContain('ada sent');
    expect(stdout).toContain('Hello Bob');
  });
});
