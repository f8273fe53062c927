import type { Message } from '@nestim/protocol';
import { GroupAudit } from './group-audit.js';
import { Inbox } from './inbox.js';
import { Person } from './people.js';

const ann = new Person('ann', 'u1', 'token');
const bob = new Person('bob', 'u2', 'token');

const message = (seq: number, changes: Partial<Message> = {}): Message => ({
  messageId: `m${seq}`,
  conversationId: 'group:g',
  seq,
  senderId: ann.userId,
  clientMsgId: `line-${seq}`,
  type: 'text',
  content: { text: `text ${seq}` },
  sentAt: 1000 + seq,
  ...changes,
});

/** A group with bob in it, where ann has sent these lines. */
function aGroup(lines: number): { audit: GroupAudit; push: (m: Message) => void; inbox: Inbox } {
  const audit = new GroupAudit('group:g');
  const inbox = new Inbox();
  inbox.add(audit);
  audit.joined(bob, 0);
  for (let seq = 1; seq <= lines; seq += 1) {
    audit.begin({
      senderId: ann.userId,
      clientMsgId: `line-${seq}`,
      type: 'text',
      content: { text: `text ${seq}` },
    });
  }
  const push = (m: Message): void => {
    const bytes = Buffer.from(`42${JSON.stringify(['message:new', m])}`);
    inbox.accept(bob, bytes, 2, bytes.length);
  };
  return { audit, push, inbox };
}

describe('Inbox and GroupAudit', () => {
  it('find nothing wrong when pushes, acks and history are the file', async () => {
    const { audit, push } = aGroup(3);
    [1, 2, 3].forEach((seq) => push(message(seq)));
    [1, 2, 3].forEach((seq) => audit.check(message(seq), 'ack'));
    await audit.settled();
    expect(audit).toMatchObject({ differences: [], differenceCount: 0, deliveries: 3 });
  });

  it.each<[string, Partial<Message>]>([
    ['another text', { content: { text: 'text 1 ' } }],
    ['another sender', { senderId: 'u9' }],
    ['another type', { type: 'custom' }],
    ['another client id', { clientMsgId: 'line-2' }],
    ['one more field in the content', { content: { text: 'text 1', more: 1 } }],
  ])('name a push with %s', (_, changes) => {
    const { audit, push } = aGroup(1);
    push(message(1, changes));
    expect(audit.differences).toEqual([expect.stringContaining('push: seq 1 is')]);
  });

  it('name a history that differs from the push in what the server chose', () => {
    const { audit, push } = aGroup(1);
    push(message(1));
    audit.check(message(1, { messageId: 'm9' }), 'history');
    audit.check(message(1, { sentAt: 9 }), 'history');
    expect(audit.differenceCount).toBe(2);
  });

  it('check the second copy of a packet that differs from the first by one byte', () => {
    const { audit, push } = aGroup(1);
    push(message(1));
    push(message(1, { content: { text: 'texT 1' } }));
    expect(audit.differences).toEqual([expect.stringContaining('texT 1'), 'bob received 1 where 2 was due']);
  });

  it('name a message beyond the file, one to who is no member, and one of no running file', async () => {
    const { audit, push, inbox } = aGroup(1);
    push(message(1));
    await audit.left(bob, 1);
    push(message(2));
    expect(audit.differences).toEqual([
      'push: seq 2 is beyond the file',
      'bob received 2 without being a member',
    ]);
    push(message(1, { conversationId: 'group:other' }));
    expect(inbox.strays).toHaveLength(1);
  });

  it('hold joinSeq and leftSeq against the head', async () => {
    const { audit } = aGroup(0);
    audit.joined(ann, 1);
    await audit.left(ann, 2);
    expect(audit.differences).toEqual(['ann joined at 1, the head is 0', 'ann left at 2, the head is 0']);
  });
});
