import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { WorkerInput, WorkerReport } from './worker.js';

export { check as checkStore, restore as restoreBackup, type Restored } from './storage/backup.js';
export type { Contents } from './storage/verify.js';

export interface EmbeddedMongoOptions {
  /** The folder of the data; made if it is not there. One process at a time may use it. */
  readonly dbPath: string;
  /** Listens on this port of 127.0.0.1 as well (0: any free one). */
  readonly port?: number;
}

/** A running store. */
export interface EmbeddedMongo {
  /** What a MongoDB driver connects to. */
  readonly uri: string;
  /** The Unix socket, in a folder only this user can enter. */
  readonly socketPath: string;
  /** The TCP port, if one was asked for. */
  readonly port: number | undefined;
  /**
   * Copies the data as of now into a new folder, verified, while work goes on; all that was acknowledged before is in it.
   * `restoreBackup` puts it back. The copy is made by a process of its own.
   */
  backup(to: string): Promise<void>;
  /** Sends the replies under way, closes the store and gives the folder back. */
  close(): Promise<void>;
  /** Resolves when the worker has ended: null after `close`, else the error that ended it (the host should exit). */
  readonly exited: Promise<Error | null>;
}

/** A path longer than this is cut by some kernels, and drivers take it for a socket only with this ending. */
const MAX_SOCKET_PATH = 100;

/**
 * Starts the store in a worker thread. Acknowledged writes are on disk; data of an earlier run is there again.
 * Throws if the folder is in use (the message names the pid), damaged, or of a newer format.
 */
export async function startEmbeddedMongo(options: EmbeddedMongoOptions): Promise<EmbeddedMongo> {
  const socketFolder = makeSocketFolder();
  const socketPath = join(socketFolder, 'm.sock');
  const input: WorkerInput = { dbPath: resolve(options.dbPath), socketPath, port: options.port };
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: input });
  let failure: Error | null = null;
  let closing = false;
  worker.on('error', (error) => (failure = error as Error));
  const removeFolder = () => rmSync(socketFolder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  const exited = new Promise<Error | null>((done) => {
    worker.once('exit', (code) => {
      process.off('exit', removeFolder);
      removeFolder();
      done(failure ?? (closing ? null : new Error(`the store's worker ended with code ${code}`)));
    });
  });
  const report = await Promise.race([
    new Promise<WorkerReport>((done) => worker.once('message', done)),
    exited.then((error): WorkerReport => ({ failed: error?.message ?? 'the worker ended' })),
  ]);
  if ('failed' in report) {
    await exited;
    throw new Error(report.failed);
  }
  replaceSocketFolder(input.dbPath, socketFolder);
  return {
    uri: `mongodb://${encodeURIComponent(socketPath)}/?directConnection=true`,
    socketPath,
    port: report.port,
    exited,
    backup: (to) => runBackup(input.dbPath, resolve(to)),
    close: async () => {
      closing = true;
      worker.postMessage('close');
      const error = await exited;
      if (error) throw error;
    },
  };
}

const BIN = fileURLToPath(new URL('../bin/embedded-mongo.js', import.meta.url));

/** LMDB allows one environment of a folder in each process, and reading everything would hold up the store's thread. */
async function runBackup(dbPath: string, to: string): Promise<void> {
  const args = [BIN, 'backup', '--dbpath', dbPath, '--to', to];
  await promisify(execFile)(process.execPath, args).catch((error: Error & { stderr?: string }) => {
    throw new Error(error.stderr?.trim() || error.message, { cause: error });
  });
}

function makeSocketFolder(): string {
  // A long TMPDIR must not push the socket's path over the limit.
  const base = tmpdir().length + 24 <= MAX_SOCKET_PATH ? tmpdir() : '/tmp';
  return mkdtempSync(join(base, 'em-'));
}

/** A killed process leaves its socket's folder behind; the next owner of the data, who holds the lock now, removes it. */
function replaceSocketFolder(dbPath: string, folder: string): void {
  const note = join(dbPath, 'socket-folder');
  const former = existsSync(note) ? readFileSync(note, 'utf8') : '';
  if (/[\\/]em-\w{6}$/.test(former)) rmSync(former, { recursive: true, force: true });
  writeFileSync(note, folder);
}
