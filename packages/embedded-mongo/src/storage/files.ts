import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** The file is there whole or not at all, whatever happens meanwhile. */
export function writeSynced(file: string, text: string): void {
  const descriptor = openSync(`${file}.new`, 'w', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  moveSynced(`${file}.new`, file);
}

/** Renames within one file system; when it returns, a crash does not bring the old name back. */
export function moveSynced(from: string, to: string): void {
  renameSync(from, to);
  syncPath(dirname(to));
}

/** Syncs a file, or the names in a folder (which Windows neither can nor needs). */
export function syncPath(path: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if (process.platform === 'win32') return;
    throw error;
  }
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (process.platform !== 'win32') throw error;
  } finally {
    closeSync(descriptor);
  }
}
