import type { AppConfig } from '../../config/app-config.js';
import type { Revisions } from '../../infra/revisions/revisions.js';
import type { RealtimeServer } from '../../realtime/realtime-server.js';
import type { ConversationChangesService } from '../conversations/index.js';
import type { FriendsService } from '../friends/index.js';
import { SyncService } from './sync.service.js';

const CONCURRENCY = 32;
const ctxOf = (socketId: string) => ({ userId: socketId, sessionId: socketId, socketId });
const nothing = { conversations: [], groups: [], receipts: [], nextAfter: null };

it('makes a few pages at a time, and none for who left while he waited', async () => {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const left = new Set<string>();
  const service = new SyncService(
    { cacheTtlMs: 0 } as AppConfig,
    { epoch: 'e', horizon: 1 } as Revisions,
    {
      list: (ownerId: string) => {
        asked.push(ownerId);
        return new Promise((resolve) => answers.push(() => resolve(nothing)));
      },
    } as Partial<ConversationChangesService> as ConversationChangesService,
    {
      listChanged: () => Promise.resolve({ friends: [], nextAfter: null }),
    } as Partial<FriendsService> as FriendsService,
    { hasLeft: ({ socketId }) => left.has(socketId!) } as RealtimeServer,
  );
  const first = Array.from({ length: CONCURRENCY }, (_, i) => service.sync(ctxOf(`socket ${i}`), {}));
  const [leaving, staying] = [service.sync(ctxOf('leaving'), {}), service.sync(ctxOf('staying'), {})];
  expect(asked).toHaveLength(CONCURRENCY);
  left.add('leaving');
  const refused = expect(leaving).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  answers.splice(0).forEach((answer) => answer());
  await Promise.all([...first, refused]);
  answers.splice(0).forEach((answer) => answer());
  expect(await staying).toMatchObject({ more: false });
  expect(asked.slice(CONCURRENCY)).toEqual(['staying']);
});
