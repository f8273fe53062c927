import { z } from 'zod';
import { Conversation, Receipt } from './conversations.js';
import { Friend } from './friends.js';
import { Group } from './groups.js';
import { Cursor, PageLimit } from './paging.js';

/** Without a cursor: everything from the start. */
export const Sync = z.strictObject({ cursor: Cursor.optional(), limit: PageLimit.optional() });

/** What is no longer mine. */
export const Removed = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('conversation'), conversationId: z.string() }),
  z.object({ kind: z.literal('friend'), userId: z.string() }),
]);

/**
 * The states that changed since the cursor was given, at least once and in no order: apply them by replacing. Messages are not
 * among them: pull from the seq you hold up to `maxSeq`.
 */
export const SyncResult = z.object({
  conversations: z.array(Conversation),
  groups: z.array(Group),
  friends: z.array(Friend),
  receipts: z.array(Receipt),
  removed: z.array(Removed),
  /** For the next call, also after a break of any length. */
  cursor: z.string(),
  /** Call again at once with `cursor`. */
  more: z.boolean(),
  /** The cursor was unknown or too old: forget all states, this answer begins from the start. */
  reset: z.boolean(),
});

export type Sync = z.infer<typeof Sync>;
export type Removed = z.infer<typeof Removed>;
export type SyncResult = z.infer<typeof SyncResult>;
