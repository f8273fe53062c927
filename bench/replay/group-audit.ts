import { isDeepStrictEqual } from 'node:util';
import type { Message } from '@nestim/protocol';
import type { Person } from './people.js';
import { Window } from './window.js';

/** Differences that are kept word for word; beyond, they are only counted. */
const KEPT_DIFFERENCES = 20;

/** A line of the file as it must be stored; what the server chooses is filled in when first seen. */
export interface SentLine {
  readonly senderId: string;
  readonly clientMsgId: string;
  readonly type: 'text' | 'custom';
  readonly content: Record<string, unknown>;
  messageId?: string;
  sentAt?: number;
}

/** What one group's file says, held against everything that the server stores and its clients tell. */
export class GroupAudit {
  /** The file so far: the line at index i is seq i + 1. */
  readonly lines: SentLine[] = [];
  readonly differences: string[] = [];
  differenceCount = 0;
  deliveries = 0;
  /** The windows of who is a member now. */
  readonly present = new Map<Person, Window>();
  /** The newest window of everybody who ever was one. */
  readonly windows = new Map<Person, Window>();

  constructor(readonly conversationId: string) {}

  get head(): number {
    return this.lines.length;
  }

  /** Notes a difference between file and server. */
  differs(what: string): void {
    this.differenceCount += 1;
    if (this.differences.length < KEPT_DIFFERENCES) this.differences.push(what);
  }

  /** Adds the line that is sent next: pushes of it may come before its ack. */
  begin(line: SentLine): void {
    this.lines.push(line);
  }

  /** Holds a message from an ack, an event or the history (`source`) against the line of its seq. */
  check(message: Message, source: string): void {
    const line = this.lines[message.seq - 1];
    const name = `${source}: seq ${message.seq}`;
    if (!line) return this.differs(`${name} is beyond the file`);
    line.messageId ??= message.messageId;
    line.sentAt ??= message.sentAt;
    const same =
      message.conversationId === this.conversationId &&
      message.messageId === line.messageId &&
      message.senderId === line.senderId &&
      message.clientMsgId === line.clientMsgId &&
      message.sentAt === line.sentAt &&
      message.type === line.type &&
      isDeepStrictEqual(message.content, line.content);
    if (same) return;
    this.differs(`${name} is ${JSON.stringify(message)} and should be ${JSON.stringify(line)}`);
  }

  /** Begins the window of a member who has joined at `joinSeq`. */
  joined(person: Person, joinSeq: number): void {
    if (joinSeq !== this.head) this.differs(`${person.nick} joined at ${joinSeq}, the head is ${this.head}`);
    const window = new Window(this.head);
    this.present.set(person, window);
    this.windows.set(person, window);
  }

  /** Ends the window of a member who has left at `leftSeq`, when all of it has come. */
  async left(person: Person, leftSeq: number): Promise<void> {
    if (leftSeq !== this.head) this.differs(`${person.nick} left at ${leftSeq}, the head is ${this.head}`);
    const window = this.present.get(person);
    if (!window) return;
    window.leftSeq = this.head;
    await this.settle(person, window);
    this.present.delete(person);
  }

  /** Takes one message that a member was told; what he sent himself counts as told, but not as delivered. */
  received(person: Person, message: Message): void {
    this.check(message, 'told');
    if (message.senderId !== person.userId) this.deliveries += 1;
    const window = this.present.get(person);
    if (!window) return this.differs(`${person.nick} received ${message.seq} without being a member`);
    const wrong = window.receive(message.seq);
    if (wrong) this.differs(`${person.nick} ${wrong}`);
  }

  /** Resolves when every present member has received all, or gets nothing more. */
  async settled(): Promise<void> {
    await Promise.all([...this.present].map(([person, window]) => this.settle(person, window)));
  }

  private async settle(person: Person, window: Window): Promise<void> {
    const missing = await window.receivedUpTo(this.head);
    if (missing) this.differs(`${person.nick} ${missing}`);
  }
}
