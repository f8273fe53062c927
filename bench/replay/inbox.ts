import type { Message } from '@nestim/protocol';
import type { GroupAudit } from './group-audit.js';
import type { Person } from './people.js';

const MESSAGE_NEW = Buffer.from('["message:new",');

/** Packets remembered; more than all files together have under way. */
const REMEMBERED = 64;

interface Packet {
  bytes: Buffer;
  audit: GroupAudit;
  seq: number;
}

/**
 * Takes every push. A broadcast is one packet for all receivers: the first copy is parsed and checked in full, every
 * other one is the same message when its bytes are the same. That costs a comparison instead of a parse for each delivery.
 */
export class Inbox {
  /** Messages that no running file knows. */
  readonly strays: string[] = [];
  private readonly audits = new Map<string, GroupAudit>();
  private readonly recent: Packet[] = [];
  private newest = -1;

  add(audit: GroupAudit): void {
    this.audits.set(audit.conversationId, audit);
  }

  remove(audit: GroupAudit): void {
    this.audits.delete(audit.conversationId);
  }

  accept(person: Person, bytes: Buffer, start: number, end: number): void {
    const packet = this.find(bytes, start, end) ?? this.parse(bytes, start, end);
    packet?.audit.received(person, packet.seq);
  }

  private find(bytes: Buffer, start: number, end: number): Packet | undefined {
    const length = end - start;
    for (let back = 0; back < this.recent.length; back += 1) {
      const packet = this.recent[(this.newest - back + REMEMBERED) % REMEMBERED]!;
      if (packet.bytes.length === length && packet.bytes.compare(bytes, start, end) === 0) return packet;
    }
    return undefined;
  }

  private parse(bytes: Buffer, start: number, end: number): Packet | undefined {
    if (MESSAGE_NEW.compare(bytes, start, start + MESSAGE_NEW.length) !== 0) return undefined;
    const [, message] = JSON.parse(bytes.toString('utf8', start, end)) as [string, Message];
    const audit = this.audits.get(message.conversationId);
    if (!audit) {
      this.strays.push(`message ${message.seq} of ${message.conversationId}, which no running file knows`);
      return undefined;
    }
    audit.check(message, 'push');
    const packet = { bytes: Buffer.from(bytes.subarray(start, end)), audit, seq: message.seq };
    this.newest = (this.newest + 1) % REMEMBERED;
    this.recent[this.newest] = packet;
    return packet;
  }
}
