import { constants, copyFileSync, existsSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { open } from 'lmdb';
import { lockFolder } from '../owner-lock.js';
import { DataFolder } from './data-folder.js';
import { moveSynced, syncPath } from './files.js';
import { verifyFile, type Contents } from './verify.js';

/**
 * Copies the data of a store, running or not, as of one moment into a new folder, which is itself a store's folder. All that
 * was acknowledged before the call is in it. It is verified before it gets its name: a folder of that name is a whole backup.
 * Not in the process that serves the data: LMDB allows one environment of a folder in each.
 */
export async function backUp(dbPath: string, to: string): Promise<Contents> {
  const target = resolve(to);
  if (existsSync(target)) throw new Error(`${target} exists already`);
  const source = new DataFolder(dbPath);
  source.checkFormat();
  const staging = new DataFolder(`${target}.part`);
  mkdirSync(dirname(target), { recursive: true });
  mkdirSync(staging.path, { mode: 0o700 });
  try {
    mkdirSync(staging.lmdb, { mode: 0o700 });
    await copySnapshot(source.lmdb, staging.lmdb);
    syncPath(staging.dataFile);
    staging.writeFormat();
    const contents = staging.verify(source.dataFile);
    moveSynced(staging.path, target);
    return contents;
  } catch (error) {
    rmSync(staging.path, { recursive: true });
    throw error;
  }
}

/** A reader's snapshot: writers go on, and none of its pages is used again until it is copied. */
async function copySnapshot(from: string, to: string): Promise<void> {
  const db = open({ path: from, readOnly: true, encoding: 'binary', keyEncoding: 'binary' });
  try {
    await db.backup(to, false);
  } finally {
    await db.close();
  }
}

/** What a restore did. */
export interface Restored extends Contents {
  /** Where the data lie that were there before. */
  readonly former: string | undefined;
}

/**
 * Puts a backup in the place of a store's data, after it was copied there and the copy verified. A crash leaves the old data
 * or the new, whole; the old ones are kept beside them.
 * @throws FolderInUseError while a store runs there
 */
export async function restore(from: string, dbPath: string): Promise<Restored> {
  const backup = new DataFolder(from);
  backup.checkFormat();
  const lock = await lockFolder(dbPath);
  const folder = new DataFolder(dbPath);
  const staging = join(dbPath, 'restoring.mdb');
  try {
    if (existsSync(folder.formatFile)) folder.checkFormat();
    copyFileSync(backup.dataFile, staging, constants.COPYFILE_FICLONE);
    syncPath(staging);
    const contents = verifyFile(staging, backup.dataFile);
    mkdirSync(folder.lmdb, { recursive: true, mode: 0o700 });
    const former = setAside(folder);
    folder.forget();
    folder.writeFormat();
    moveSynced(staging, folder.dataFile);
    return { ...contents, former };
  } finally {
    rmSync(staging, { force: true });
    await lock.release();
  }
}

/** Gives the present data a second name; their own goes to the new ones in one step. */
function setAside(folder: DataFolder): string | undefined {
  // What LMDB's readers share belongs to the old file.
  rmSync(join(folder.lmdb, 'lock.mdb'), { force: true });
  if (!existsSync(folder.dataFile)) return undefined;
  const former = join(folder.lmdb, `before-restore-${new Date().toISOString().replaceAll(':', '-')}.mdb`);
  linkSync(folder.dataFile, former);
  return former;
}

/** Reads a store's data, or a backup, from end to end. The store must not run. */
export async function check(dbPath: string): Promise<Contents> {
  const folder = new DataFolder(dbPath);
  folder.checkFormat();
  const lock = await lockFolder(dbPath);
  try {
    return folder.verify();
  } finally {
    await lock.release();
  }
}
