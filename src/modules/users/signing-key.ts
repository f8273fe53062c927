import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../../common/start-error.js';

const MIN_KEY_LENGTH = 32;

/**
 * The key that signs access tokens: the configured one, else `token.key` in the data folder, made at the first start
 * and readable by its owner only. Two processes starting on one new folder end with the same key.
 * @throws StartError when the file holds no usable key
 */
export function loadSigningKey(config: { tokenKey: string | undefined; dataDir: string }): string {
  return config.tokenKey ?? keyOfFolder(config.dataDir);
}

function keyOfFolder(dataDir: string): string {
  const path = join(dataDir, 'token.key');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const key = readIfPresent(path) ?? makeKey(path);
  if (key.length < MIN_KEY_LENGTH) {
    throw new StartError(
      `${path} must hold at least ${MIN_KEY_LENGTH} characters; remove it to end all logins`,
    );
  }
  return key;
}

function readIfPresent(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Linked into place when complete: a reader sees the whole key or none, and only the first of two makers wins. */
function makeKey(path: string): string {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, randomBytes(48).toString('base64url') + '\n');
    fsyncSync(file);
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(file);
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8').trim();
}
