import type { Message } from '@nestim/sdk';
import { Rest } from '../wire/rest.js';
import { forEach } from '../wire/for-each.js';
import { Inbox } from './inbox.js';
import { type Person, People } from './people.js';
import { playFile } from './play-file.js';

/** What came of one file. */
export interface FileResult {
  file: string;
  messages: number;
  /** Lines that hold nothing to play. */
  ignored: number;
  /** Everybody who ever joined, the log's keeper included. */
  members: number;
  joins: number;
  parts: number;
  /** Messages that members' clients told, the sender's own not counted. */
  deliveries: number;
  seconds: number;
  differenceCount: number;
  /** The first differences in words. */
  differences: string[];
}

export interface Progress {
  files: number;
  running: number;
  messages: number;
  deliveries: number;
  connections: number;
  losses: number;
  differences: number;
}

export interface RunOptions {
  /** Told after each acknowledged message how many there have been. */
  onSent?: (messages: number) => void;
  /** Told of each file when it is through. */
  onResult?: (result: FileResult) => void;
  /** The server is killed now and then, so that lost connections are no difference. */
  breaks?: boolean;
}

/** One replay of many files against one server. */
export class Run {
  readonly rest: Rest;
  readonly people: People;
  readonly inbox = new Inbox();
  readonly results: FileResult[] = [];
  /** Differences that belong to no file: lost connections, messages to nobody. */
  readonly strays: string[] = [];
  /** How often a client lost its connection. */
  losses = 0;
  private messages = 0;
  private deliveries = 0;
  private running = 0;

  constructor(
    url: string,
    adminToken: string,
    private readonly options: RunOptions = {},
  ) {
    this.rest = new Rest(url);
    this.people = new People(url, adminToken, this.rest, {
      message: (person, message) => this.received(person, message),
      lost: (person, reason) => this.lost(person, reason),
      wrong: (person, what) => this.strays.push(`${person.nick} ${what}`),
    });
  }

  /** Plays all files, `width` at once, each from its beginning to the comparison at its end. */
  async play(files: readonly string[], width: number): Promise<void> {
    await forEach(files, width, async (file) => {
      this.running += 1;
      const result = await playFile(file, this);
      this.results.push(result);
      this.running -= 1;
      this.options.onResult?.(result);
    });
    this.strays.push(...this.inbox.strays);
    this.rest.close();
  }

  /** Counts one acknowledged message. */
  sent(): void {
    this.messages += 1;
    this.options.onSent?.(this.messages);
  }

  progress(): Progress {
    const differences = this.results.reduce((sum, result) => sum + result.differenceCount, 0);
    return {
      files: this.results.length,
      running: this.running,
      messages: this.messages,
      deliveries: this.deliveries,
      connections: this.people.connections,
      losses: this.losses,
      differences: differences + this.strays.length,
    };
  }

  private received(person: Person, message: Message): void {
    if (message.senderId !== person.userId) this.deliveries += 1;
    this.inbox.accept(person, message);
  }

  private lost(person: Person, reason: string): void {
    this.losses += 1;
    if (!this.options.breaks) this.strays.push(`${person.nick} lost the connection: ${reason}`);
  }
}
