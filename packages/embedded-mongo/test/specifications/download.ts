import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PINNED = fileURLToPath(new URL('sdist.txt', import.meta.url));

/** The newest case files of the specifications, as pymongo publishes them. */
export interface Cases {
  /** The distribution they came with. */
  readonly name: string;
  /** The folder that holds a folder for each specification. */
  readonly folder: string;
}

/** Fetches the pinned source distribution into `folder` and unpacks its cases. Throws if it cannot be had. */
export async function downloadCases(folder: string): Promise<Cases> {
  await run('python3', [
    ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-cache-dir'],
    ...['--require-hashes', '--dest', folder, '--requirement', PINNED],
  ]);
  const archive = (await readdir(folder)).find((file) => file.endsWith('.tar.gz'));
  if (archive === undefined) throw new Error('pip brought no source distribution');
  const name = archive.slice(0, -'.tar.gz'.length);
  await run('tar', ['-xzf', join(folder, archive), '-C', folder, `${name}/test`]);
  return { name, folder: join(folder, name, 'test') };
}
