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
function aGroup(lines: number): { audit: GroupAudit; tell: (m: Message) => void; inbox: Inbox } {
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
  const tell = (m: Message): void => inbox.accept(bob, m);
  return { audit, tell, inbox };
}

describe('Inbox and GroupAudit', () => {
  it('find nothing wrong when events, acks and history are the file', async () => {
    const { audit, tell } = aGroup(3);
    [1, 2, 3].forEach((seq) => tell(message(seq)));
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
  ])('name an event with %s', (_, changes) => {
    const { audit, tell } = aGroup(1);
    tell(message(1, changes));
    expect(audit.differences).toEqual([expect.stringContaining('told: seq 1 is')]);
  });

  it('name a history that differs from the event in what the server chose', () => {
    const { audit, tell } = aGroup(1);
    tell(message(1));
    audit.check(message(1, { messageId: 'm9' }), 'history');
    audit.check(message(1, { sentAt: 9 }), 'history');
    expect(audit.differenceCount).toBe(2);
  });

  it('check what a second client tells as they check the first', () => {
    const { audit, tell } = aGroup(1);
    tell(message(1));
    tell(message(1, { content: { text: 'texT 1' } }));
    expect(audit.differences).toEqual([expect.stringContaining('texT 1'), 'bob received 1 where 2 was due']);
  });

  it('name a message beyond the file, one to who is no member, and one of no running file', async () => {
    const { audit, tell, inbox } = aGroup(1);
    tell(message(1));
    await audit.left(bob, 1);
    tell(message(2));
    expect(audit.differences).toEqual([
      'told: seq 2 is beyond the file',
      'bob received 2 without being a member',
    ]);
    tell(message(1, { conversationId: 'group:other' }));
    expect(inbox.strays).toHaveLength(1);
  });

  it('hold joinSeq and leftSeq against the head', async () => {
    const { audit } = aGroup(0);
    audit.joined(ann, 1);
    await audit.left(ann, 2);
    expect(audit.differences).toEqual(['ann joined at 1, the head is 0', 'ann left at 2, the head is 0']);
  });
});
