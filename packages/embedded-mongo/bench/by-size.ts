import type { Collection } from 'mongodb';
import { join } from 'node:path';
import { conversation, MessageSource, PER_CONVERSATION, type Message } from './messages.js';
import { compare, type Result, type Rounds } from './rounds.js';
import { load, openStore, type Connected } from './store.js';

const CALLERS = 16;

type Operation = (messages: Collection<Message>, source: MessageSource, place: [string, number]) => unknown;

/** Inserts come last: they make the small collection larger. */
const OPERATIONS: Record<string, Operation> = {
  'read by a unique key': (messages, _, [conversationId, seq]) => messages.findOne({ conversationId, seq }),
  'range of 100 by an index': (messages, _, [conversationId, seq]) =>
    messages
      .find({ conversationId, seq: { $gte: seq, $lt: seq + 100 } })
      .sort({ seq: 1 })
      .toArray(),
  'count of 100 by an index': (messages, _, [conversationId, seq]) =>
    messages.countDocuments({ conversationId, seq: { $gte: seq, $lt: seq + 100 } }),
  'update by a unique key': (messages, _, [conversationId, seq]) =>
    messages.updateOne({ conversationId, seq }, { $inc: { sentAt: 1 } }),
  insert: (messages, source) => messages.insertOne(source.next()),
};

export interface BySize {
  readonly name: string;
  readonly results: Record<'small' | 'large', Result>;
}

interface Sized extends Connected {
  readonly source: MessageSource;
  readonly conversations: number;
}

/** The same operations on a small and on a large collection, in turn. The large one is left in `folder/large`. */
export async function bySize(
  folder: string,
  sizes: Record<'small' | 'large', number>,
  rounds: Rounds,
  report: (row: BySize) => void,
): Promise<void> {
  const open = async (name: 'small' | 'large'): Promise<Sized> => {
    const conversations = sizes[name] / PER_CONVERSATION;
    const source = new MessageSource(conversations);
    const store = await openStore(join(folder, name));
    await load((batch) => store.messages.insertMany(batch), source, sizes[name]);
    return { ...store, source, conversations };
  };
  const small = await open('small');
  const large = await open('large');
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const way = ({ messages, server, source, conversations }: Sized) => ({
      run: (turn: number) => {
        const place = Math.imul(turn, 0x9e3779b1) >>> 0;
        return operation(messages, source, [
          conversation(place % conversations),
          (place >>> 12) % (PER_CONVERSATION - 100),
        ]);
      },
      server,
    });
    report({ name, results: await compare({ small: way(small), large: way(large) }, CALLERS, rounds) });
  }
  await small.close();
  await large.close();
}
