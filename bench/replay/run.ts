import { Rest } from '../wire/rest.js';
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
  /** Messages received by members, the sender's own ack not counted. */
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
  differences: number;
}

/** One replay of many files against one server. */
export class Run {
  readonly rest: Rest;
  readonly people: People;
  readonly inbox = new Inbox();
  readonly results: FileResult[] = [];
  /** Differences that belong to no file: lost connections, messages to nobody. */
  readonly strays: string[] = [];
  private messages = 0;
  private deliveries = 0;
  private running = 0;

  constructor(url: string, adminToken: string) {
    this.rest = new Rest(url);
    this.people = new People(url, adminToken, this.rest, {
      push: (person, bytes, start, end) => this.received(person, bytes, start, end),
      lost: (person, reason) => this.strays.push(`${person.nick} lost the connection: ${reason}`),
    });
  }

  /** Plays all files, `width` at once, each from its beginning to the comparison at its end. */
  async play(files: readonly string[], width: number): Promise<void> {
    const waiting = [...files].reverse();
    const lane = async (): Promise<void> => {
      for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
        this.running += 1;
        this.results.push(await playFile(file, this));
        this.running -= 1;
      }
    };
    await Promise.all(Array.from({ length: width }, lane));
    this.strays.push(...this.inbox.strays);
    this.rest.close();
  }

  /** Counts one acknowledged message. */
  sent(): void {
    this.messages += 1;
  }

  progress(): Progress {
    const differences = this.results.reduce((sum, result) => sum + result.differenceCount, 0);
    return {
      files: this.results.length,
      running: this.running,
      messages: this.messages,
      deliveries: this.deliveries,
      connections: this.people.connections,
      differences: differences + this.strays.length,
    };
  }

  private received(person: Person, bytes: Buffer, start: number, end: number): void {
    this.deliveries += 1;
    this.inbox.accept(person, bytes, start, end);
  }
}
