import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { minify } from '@swc/core';

/** Of the SDK itself; socket.io-client comes on top. */
const MAX_GZIP_BYTES = 10_000;
const dist = new URL('../dist/', import.meta.url);

const built = async (): Promise<string[]> => {
  const names = (await readdir(dist)).filter((name) => name.endsWith('.js'));
  return Promise.all(names.map((name) => readFile(new URL(name, dist), 'utf8')));
};

it('is small: every module minified, none left out', async () => {
  const minified = await Promise.all((await built()).map((code) => minify(code, { module: true })));
  const bytes = gzipSync(minified.map(({ code }) => code).join('\n')).length;
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThan(MAX_GZIP_BYTES);
});

it('loads nothing but socket.io-client, and nothing of Node', async () => {
  const imports = (await built()).flatMap((code) =>
    [...code.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name]) => name!),
  );
  expect(new Set(imports.filter((name) => !name.startsWith('./')))).toEqual(new Set(['socket.io-client']));
});
