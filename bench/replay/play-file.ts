import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Group, groupConversationId } from '@nestim/protocol';
import { GroupAudit } from './group-audit.js';
import { type LogEvent, parseIrcLog } from './irc-log.js';
import type { Person } from './people.js';
import type { FileResult, Run } from './run.js';
import { compareHeld } from './verify-held.js';
import { compareHistory, compareUnread } from './verify.js';

type Body =
  | { type: 'text'; content: { text: string } }
  | { type: 'custom'; content: { name: 'action'; data: { text: string } } };

/** Plays one log into one group and holds the outcome against the file. What goes wrong is in the result. */
export async function playFile(path: string, run: Run): Promise<FileResult> {
  const started = performance.now();
  const player = new FilePlayer(path, run);
  await player.play();
  const seconds = (performance.now() - started) / 1000;
  return { file: basename(path), seconds, ...player.outcome() };
}

class FilePlayer {
  private audit = new GroupAudit('');
  private readonly members = new Map<string, Person>();
  private group!: Group;
  private ignored = 0;
  private joins = 0;
  private parts = 0;
  /** The log's keeper owns the group, since an owner cannot leave and every nick may. */
  private keeper!: Person;

  constructor(
    private readonly path: string,
    private readonly run: Run,
  ) {}

  async play(): Promise<void> {
    try {
      const log = parseIrcLog(await readFile(this.path));
      this.ignored = log.ignored;
      await this.found();
      for (const event of log.events) await this.apply(event);
      await this.audit.settled();
      await compareHistory(this.audit, this.run.rest, this.keeper.token);
      await compareUnread(this.audit, this.run.rest);
      await compareHeld(this.audit, this.run.people);
    } catch (error) {
      this.audit.differs(`stopped after ${this.audit.head} messages: ${String(error)}`);
    } finally {
      for (const person of this.audit.present.keys()) this.run.people.release(person);
      this.run.inbox.remove(this.audit);
    }
  }

  outcome(): Omit<FileResult, 'file' | 'seconds'> {
    const { lines, deliveries, differences, differenceCount, windows } = this.audit;
    return {
      messages: lines.length,
      ignored: this.ignored,
      members: windows.size,
      joins: this.joins,
      parts: this.parts,
      deliveries,
      differenceCount,
      differences,
    };
  }

  private async found(): Promise<void> {
    const name = basename(this.path);
    this.keeper = await this.run.people.acquire(`keeper of ${name}`.slice(0, 128));
    const body = { name: name.slice(0, 128), memberIds: [], joinMode: 'open', clientId: randomUUID() };
    this.group = (await this.run.rest.post<{ group: Group }>(this.keeper.token, '/groups', body)).group;
    this.audit = new GroupAudit(groupConversationId(this.group.groupId));
    this.audit.joined(this.keeper, 0);
    this.run.inbox.add(this.audit);
  }

  private async apply(event: LogEvent): Promise<void> {
    switch (event.kind) {
      case 'join':
        return void (await this.join(event.nick));
      case 'part':
        return this.part(event.nick);
      case 'rename':
        if (event.to === event.nick) return;
        await this.part(event.nick);
        return void (await this.join(event.to));
      case 'text':
        return this.say(event, { type: 'text', content: { text: event.text } });
      case 'action':
        return this.say(event, { type: 'custom', content: { name: 'action', data: { text: event.text } } });
    }
  }

  private async join(nick: string): Promise<Person> {
    const present = this.members.get(nick);
    if (present) return present;
    const person = await this.run.people.acquire(nick);
    this.members.set(nick, person);
    const path = `/groups/${this.group.groupId}/join`;
    const { joinSeq } = await this.run.rest.post<{ joinSeq: number }>(person.token, path);
    this.audit.joined(person, joinSeq);
    this.joins += 1;
    return person;
  }

  private async part(nick: string): Promise<void> {
    const person = this.members.get(nick);
    if (!person) return;
    this.members.delete(nick);
    const path = `/groups/${this.group.groupId}/leave`;
    const { leftSeq } = await this.run.rest.post<{ leftSeq: number }>(person.token, path);
    await this.audit.left(person, leftSeq);
    this.run.people.release(person);
    this.parts += 1;
  }

  private async say({ nick, line }: LogEvent, body: Body): Promise<void> {
    const sender = await this.join(nick);
    const clientMsgId = `line-${line}-of-${this.group.groupId}`.slice(0, 64);
    this.audit.begin({ senderId: sender.userId, clientMsgId, ...body });
    const { conversationId } = this.audit;
    const message = await sender.client!.messages.send({ conversationId, clientMsgId, ...body });
    if (message.seq !== this.audit.head) this.audit.differs(`line ${line} was stored as ${message.seq}`);
    this.audit.check(message, 'ack');
    this.run.sent();
  }
}
