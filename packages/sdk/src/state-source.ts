import type { ClientData } from '@nestim/protocol';
import type { Channel } from './channel.js';

/** States that changed since a cursor, to be applied by replacing. */
export type StatePage = ClientData<'sync'>;

/** What is no longer mine. */
export type Removed = StatePage['removed'][number];

const PAGE = 200;

/** One page of the states that changed since the cursor, or of all. Only this function knows the event. */
export const fetchStates = (channel: Channel, cursor: string | undefined): Promise<StatePage> =>
  channel.insist('sync', { limit: PAGE, ...(cursor !== undefined && { cursor }) });
