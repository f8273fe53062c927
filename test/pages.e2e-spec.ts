import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ServerProcess, startServer } from './support/server-process.js';

describe('pages that the server gives out', () => {
  let folder: string;
  let server: ServerProcess;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestim-pages-'));
    await mkdir(join(folder, 'pages'));
    await writeFile(join(folder, 'pages', 'hello.html'), '<p>hello');
    await writeFile(join(folder, 'pages', '.env'), 'SECRET=1');
    const env = { NESTIM_PAGES_DIR: join(folder, 'pages') };
    server = await startServer({ dataDir: join(folder, 'data'), env });
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Unlike `fetch`, leaves the path as it is. */
  const answerTo = (path: string) =>
    new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
      get({ port: server.port, host: '127.0.0.1', path }, (response) => {
        const { statusCode: status = 0, headers } = response;
        text(response).then((body) => resolve({ status, type: headers['content-type'] ?? '', body }), reject);
      }).on('error', reject);
    });

  it.each([
    ['/pages/hello.html', 'text/html'],
    ['/sdk/index.js', 'text/javascript'],
    ['/socket.io/socket.io.esm.min.js', 'application/javascript'],
  ])('%s comes as %s', async (path, type) => {
    expect(await answerTo(path)).toMatchObject({ status: 200, type: expect.stringContaining(type) });
  });

  it('gives out nothing beside them', async () => {
    await access(join(folder, 'data', 'token.key'));
    const outside = [
      '/pages/missing.html',
      '/pages/.env',
      '/pages/../data/token.key',
      '/pages/%2e%2e/data/token.key',
      '/pages/..%2fdata%2ftoken.key',
      '/pages/%c0%ae%c0%ae/data/token.key',
      `/pages//${join(folder, 'data', 'token.key')}`,
      '/sdk/../package.json',
      '/sdk/.tsbuildinfo',
      '/sdk/..%2fpackage.json',
    ];
    const answers = await Promise.all(outside.map(answerTo));
    expect(answers.map(({ status, body }) => [status, body.includes('"error"')])).toEqual(
      outside.map(() => [404, true]),
    );
  });
});
