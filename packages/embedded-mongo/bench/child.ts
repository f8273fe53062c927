import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What a process has used so far. */
export interface Usage {
  /** Seconds of CPU, all its threads. */
  readonly cpu: number;
  /** Bytes in memory that are its own, not pages of the database's file. */
  readonly own: number;
  /** Bytes in memory that are pages of files: they go when anyone needs the memory. */
  readonly file: number;
}

export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const status = readFileSync('/proc/self/status', 'utf8');
  const size = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024;
  return { cpu: (user + system) / 1e6, own: size('RssAnon'), file: size('RssFile') };
}

/** A server in a process of its own, with its address. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly uri: string,
  ) {}

  /** Starts a program of this folder; `input` is what it serves. */
  static async start(program: 'store-server' | 'idle-server', input: unknown): Promise<ServerProcess> {
    const child = fork(fileURLToPath(new URL(`./${program}.ts`, import.meta.url)), {
      execArgv: ['--import', new URL('../test/support/ts.mjs', import.meta.url).href],
      serialization: 'advanced',
    });
    child.send({ serve: input });
    const [uri] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`${program} ended with ${code}`);
      }),
    ])) as [string];
    return new ServerProcess(child, uri);
  }

  async usage(): Promise<Usage> {
    this.child.send('usage');
    const [used] = (await once(this.child, 'message')) as [Usage];
    return used;
  }

  /** The most memory that it has while `work` runs. */
  async peak(work: () => Promise<void>): Promise<Usage> {
    this.child.send('watch');
    await work();
    return this.usage();
  }

  async stop(): Promise<void> {
    this.child.send('stop');
    await once(this.child, 'exit');
  }
}

/** The child's side: serves what it is sent, tells what it has used, ends when asked to. */
export function serve<Input>(
  start: (input: Input) => Promise<{ uri: string; close(): Promise<void> }>,
): void {
  let server: { close(): Promise<void> } | undefined;
  let peak: Usage = { cpu: 0, own: 0, file: 0 };
  let watch: NodeJS.Timeout | undefined;
  const look = () => {
    const { cpu, own, file } = usage();
    peak = { cpu, own: Math.max(own, peak.own), file: Math.max(file, peak.file) };
  };
  process.once('disconnect', () => void server?.close());
  process.on('message', (message: 'usage' | 'watch' | 'stop' | { serve: Input }) => {
    if (message === 'watch') watch = setInterval(look, 5);
    else if (message === 'usage') {
      clearInterval(watch);
      look();
      process.send!(peak);
      peak = { cpu: 0, own: 0, file: 0 };
    } else if (message === 'stop') process.disconnect();
    else {
      void start(message.serve).then((started) => {
        server = started;
        process.send!(started.uri);
      });
    }
  });
}
