import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../bin/embedded-mongo.js', import.meta.url));

/** The store as a process of its own. */
export interface StoreProcess {
  readonly uri: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it without warning and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks it to end and waits; gives the exit code. */
  stop(): Promise<number | null>;
  /** Resolves with the exit code when it has ended. */
  readonly exited: Promise<number | null>;
  /** What it wrote to its error stream. */
  output(): string;
}

/** The process ended before it was ready; `output` is what it wrote to its error stream. */
export class StoreRefused extends Error {
  constructor(
    readonly exitCode: number | null,
    readonly output: string,
  ) {
    super(`the store ended with ${exitCode}: ${output}`);
  }
}

/** Every process that was started and is not yet gone; see `stopAllStores`. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/**
 * Starts `bin/embedded-mongo.js` and waits for its ready line.
 * @param wrapper a program and its arguments that run the server, such as strace.
 * @param flags more flags for the server.
 * @throws StoreRefused if it ends instead.
 */
export async function startStore(
  dbPath: string,
  wrapper: string[] = [],
  flags: string[] = [],
): Promise<StoreProcess> {
  const [program, ...args] = [...wrapper, process.execPath, BIN, '--dbpath', dbPath, '--port', '0', ...flags];
  const child = spawn(program as string, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const exited = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const uri = /listening on (mongodb:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (uri !== undefined) resolve(uri);
    });
  });
  const uri = await Promise.race([
    ready,
    exited.then((code) => {
      throw new StoreRefused(code, output);
    }),
  ]);
  return {
    uri: `${uri}/?directConnection=true`,
    port: Number(uri.split(':').pop()),
    pid: child.pid as number,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    exited,
    output: () => output,
  };
}

/** The memory that is the process's own, in bytes: not what it maps of files. */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

/** For `afterAll`: no store outlives its test. */
export async function stopAllStores(): Promise<void> {
  await Promise.all(
    [...running].map(async (child) => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }),
  );
}
