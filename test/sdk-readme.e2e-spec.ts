import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { register } from './support/factories.js';
import { blockOf, runScript } from './support/readme.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

describe("the chat client of the SDK's README", () => {
  let server: ServerProcess;
  const script = `talk-${process.pid}.tmp.mjs`;
  beforeAll(async () => {
    server = await startServer();
    await writeFile(script, await blockOf('packages/sdk/README.md', 'js'));
  });
  afterAll(async () => {
    await rm(script, { force: true });
    await server.stop();
  });

  const talk = (name: string, to: string) =>
    runScript(script, [server.url, name, 'correct horse battery', to]);

  it('talks, shows what was said before, and ends with its input', async () => {
    const ada = await register(server, 'ada');
    const bob = await register(server, 'bob');
    const [one, two] = [talk('ada', bob.userId), talk('bob', ada.userId)];
    await eventually(
      () => [one, two].every(({ output }) => output.text.includes('(online)')),
      'both to be online',
    );
    one.child.stdin.write('Hello Bob\n');
    await eventually(() => two.output.text.includes(`${ada.userId}: Hello Bob`), 'bob to be told');
    two.child.stdin.write('Hello Ada\n');
    await eventually(() => one.output.text.includes(`${bob.userId}: Hello Ada`), 'ada to be told');
    const ended = Promise.all([one, two].map(({ child }) => once(child, 'exit')));
    one.child.stdin.end();
    two.child.stdin.end();
    expect(await ended).toEqual([
      [0, null],
      [0, null],
    ]);
    const again = talk('bob', ada.userId);
    again.child.stdin.end();
    await once(again.child, 'exit');
    expect(again.output.text).toContain(`  ${ada.userId}: Hello Bob\n  ${bob.userId}: Hello Ada`);
  });
});
