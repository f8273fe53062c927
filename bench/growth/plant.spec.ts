import type { ConsistencyReport, ConversationList, MessagePage } from '@nestim/protocol';
import { startServer } from '../../test/support/server-process.js';
import { Rest } from '../wire/rest.js';
import { HISTORIAN, HISTORY, READER } from './channels.js';
import { plant } from './plant.js';

it('what is planted is whole by the product’s own check, and is served like what people made', async () => {
  const server = await startServer();
  const { url, adminToken } = server;
  const rest = new Rest(url);
  const tokenOf = async (userId: string): Promise<string> =>
    (await rest.post<{ accessToken: string }>(adminToken, '/admin/tokens', { userId })).accessToken;
  try {
    await plant(server.storeUri, { members: 12, conversations: 4, messages: 1_500 });

    const report = await rest.post<ConsistencyReport>(adminToken, '/admin/consistency/run');
    expect(report).toMatchObject({ status: 'ok', findings: [] });
    const list = await rest.get<ConversationList>(await tokenOf(READER), '/conversations');
    const seen = list.conversations.map(({ channelType, unread, maxSeq }) => ({
      channelType,
      unread,
      maxSeq,
    }));
    const dm = { channelType: 1, unread: 0, maxSeq: 10 };
    const group = { channelType: 2, unread: 1, maxSeq: 10 };
    expect(seen).toEqual([dm, dm, group, group]);
    const path = `/conversations/${HISTORY}/messages?limit=3`;
    const page = await rest.get<MessagePage>(await tokenOf(HISTORIAN), path);
    expect(page).toMatchObject({ maxSeq: 1_500, messages: [{ seq: 1_498 }, { seq: 1_499 }, { seq: 1_500 }] });
  } finally {
    rest.close();
    await server.stop();
  }
});
