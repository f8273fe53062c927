import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { createInterface } from 'node:readline';
import { within } from './wait.js';

/** Newest lines kept of a child's output. */
const KEPT_LINES = 20_000;

/** How a child ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A Node process of ours with its output collected as lines (stdout and stderr together). */
export class Child {
  readonly lines: string[] = [];
  readonly exited: Promise<Exit>;
  private readonly process: ChildProcess;
  private readonly output = new EventEmitter().setMaxListeners(0);
  private exit?: Exit;

  constructor(args: string[], env: NodeJS.ProcessEnv) {
    this.process = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => this.collect(line));
    }
    this.exited = new Promise((resolve, reject) => {
      this.process.once('error', reject);
      this.process.once('close', (code, signal) => {
        this.exit = { code, signal };
        this.output.emit('exit');
        resolve(this.exit);
      });
    });
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Resolves with the first line, former ones included, that `pick` answers something for; rejects when the child ends. */
  line<T>(pick: (line: string) => T | undefined, what: string, ms?: number): Promise<T> {
    const found = new Promise<T>((resolve, reject) => {
      const look = (line: string): void => {
        const answer = pick(line);
        if (answer !== undefined) resolve(answer);
      };
      this.lines.forEach(look);
      this.output.on('line', look);
      const ended = (): void =>
        reject(new Error(`ended (${JSON.stringify(this.exit)}) before ${what}:\n${this.tail()}`));
      if (this.exit) ended();
      this.output.once('exit', ended);
    });
    return within(found, `${what} of process ${this.pid}`, ms);
  }

  /** Sends the signal and resolves when the process is gone. */
  async end(signal: NodeJS.Signals, ms?: number): Promise<Exit> {
    if (!this.exit) this.process.kill(signal);
    return within(this.exited, `process ${this.pid} to end after ${signal}:\n${this.tail()}`, ms);
  }

  /** The last lines, for error messages. */
  tail(count = 30): string {
    return this.lines.slice(-count).join('\n');
  }

  private collect(line: string): void {
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.splice(0, KEPT_LINES / 2);
    this.output.emit('line', line);
  }
}
