import { MongoClient } from 'mongodb';
import { newClientMsgId } from './support/client.js';
import { aUser } from './support/factories.js';
import { type Link, startLink } from './support/link.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { startStore, type StoreProcess } from './support/store-process.js';
import { eventually } from './support/wait.js';

let [store, link, server, direct]: [StoreProcess?, Link?, ServerProcess?, MongoClient?] = [];
afterEach(async () => {
  link?.mend();
  link?.unmute();
  await server?.stop();
  await link?.close();
  await direct?.close();
  await store?.stop();
});

it('a message whose confirmation is lost is refused as unknown; sent again it is the same one, and goes out once', async () => {
  store = await startStore();
  link = await startLink(Number(new URL(store.uri).port));
  const { host } = new URL(link.url);
  direct = await MongoClient.connect(store.uri);
  server = await startServer({ env: { MONGODB_URI: `mongodb://${host}/nestim?directConnection=true` } });
  const [ann, bob] = [await aUser(server, 'ann'), await aUser(server, 'bob')];
  const to = { userId: bob.userId };
  const [sender, receiver] = [await ann.connect(), await bob.connect()];
  await sender.send({ to }, 'one');

  const clientMsgId = newClientMsgId();
  link.mute();
  const unknown = expect(sender.send({ to }, 'two', clientMsgId)).rejects.toMatchObject({
    error: { code: 'STORE_UNAVAILABLE', temporary: true },
  });
  const messages = direct.db('nestim').collection('messages');
  await eventually(() => messages.findOne({ clientMsgId }), 'the message to be stored');
  link.cut();
  await unknown;
  expect(receiver.messages().map(({ seq }) => seq)).toEqual([1]);

  link.unmute();
  link.mend();
  const again = (): Promise<unknown> => sender.send({ to }, 'two', clientMsgId).catch(() => undefined);
  const two = await eventually(again, 'the store to be back');
  expect(two).toMatchObject({ seq: 2, clientMsgId });
  await expect(sender.send({ to }, 'two', clientMsgId)).resolves.toEqual(two);
  const three = await sender.send({ to }, 'three');
  await receiver.nextMessage(({ seq }) => seq === 3);
  expect(receiver.messages().slice(1)).toEqual([two, three]);
});
