import type { Message } from '@nestim/sdk';
import type { GroupAudit } from './group-audit.js';
import type { Person } from './people.js';

/** Takes every message that a client tells to the audit of its group. */
export class Inbox {
  /** Messages that no running file knows. */
  readonly strays: string[] = [];
  private readonly audits = new Map<string, GroupAudit>();

  add(audit: GroupAudit): void {
    this.audits.set(audit.conversationId, audit);
  }

  remove(audit: GroupAudit): void {
    this.audits.delete(audit.conversationId);
  }

  accept(person: Person, message: Message): void {
    const audit = this.audits.get(message.conversationId);
    if (audit) return audit.received(person, message);
    this.strays.push(`message ${message.seq} of ${message.conversationId}, which no running file knows`);
  }
}
