import type { Message } from '@nestim/protocol';
import { CatchUp } from '../src/catch-up.js';
import type { Channel } from '../src/channel.js';
import { Emitter } from '../src/emitter.js';
import { systemEnvironment } from '../src/environment.js';
import type { ClientEvents } from '../src/events.js';
import { Store } from '../src/store.js';
import { aConversation, aMessage } from './support/messages.js';

/** More than lie between the answer of a server and the end of all that waits for it. */
const moments = Array.from({ length: 60 }, (_, n) => n);

/** A client with one conversation whose server has `messages`, and answers at once. */
async function aClient(messages: Message[]) {
  const told: number[] = [];
  const events = new Emitter<ClientEvents>();
  events.on('message', ({ seq }) => told.push(seq));
  const store = new Store(events, () => undefined);
  store.me = 'me';
  let syncs = 0;
  const answers = {
    sync: () => {
      syncs += 1;
      const maxSeq = messages.length;
      const conversations = [aConversation({ maxSeq, lastMessage: messages.at(-1)! })];
      const nothing = { groups: [], friends: [], receipts: [], removed: [], more: false, reset: false };
      return { conversations, cursor: String(syncs), ...nothing };
    },
    'message:pull': ({ fromSeq, toSeq }: { fromSeq: number; toSeq: number }) => ({
      messages: messages.filter(({ seq }) => seq >= fromSeq && seq <= toSeq),
      minSeq: 1,
      maxSeq: messages.length,
    }),
  };
  const insist = (event: keyof typeof answers, payload: never): Promise<unknown> =>
    Promise.resolve(answers[event](payload));
  const catchUp = new CatchUp(
    { insist } as unknown as Channel,
    store,
    { cursor: undefined, everSynced: false },
    { environment: systemEnvironment, catchUpLimit: 1_000 },
  );
  await catchUp.refresh();
  return { catchUp, store, told, syncs: () => syncs };
}

const wait = async (turns: number): Promise<void> => {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
};

it('fetches states again that go stale at any moment of a fetch', async () => {
  for (const moment of moments) {
    const { catchUp, syncs } = await aClient([aMessage({ seq: 1 })]);
    const first = catchUp.refresh();
    await wait(moment);
    const before = syncs();
    await catchUp.refresh();
    await first;
    expect({ moment, fetchedAgain: syncs() > before }).toEqual({ moment, fetchedAgain: true });
  }
});

it('pulls what goes missing at any moment of a pull', async () => {
  for (const moment of moments) {
    const messages = [aMessage({ seq: 1 })];
    const { catchUp, store, told } = await aClient(messages);
    for (const seq of [2, 3, 4, 5]) messages.push(aMessage({ seq }));
    store.receive(messages[2]!);
    const first = catchUp.fill('group:g');
    await wait(moment);
    store.receive(messages[4]!);
    await catchUp.fill('group:g');
    await first;
    expect({ moment, told }).toEqual({ moment, told: [2, 3, 4, 5] });
  }
});
