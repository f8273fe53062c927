import type { ConversationRecord } from './conversation.schema.js';

/** What a stored row says of its owner's place in the channel. */
export type ConversationRow = Omit<ConversationRecord, 'createdAt' | 'revision'> & {
  /** 0 on rows from before there were revisions. */
  revision: number;
};

/** First and last message that the owner may read; `minSeq` > `maxSeq` when there is none. */
export interface SeqWindow {
  minSeq: number;
  maxSeq: number;
}

export const readableWindow = (row: ConversationRow, head: number): SeqWindow => ({
  minSeq: Math.max(row.joinSeq, row.clearedSeq) + 1,
  maxSeq: row.leftSeq ?? head,
});

/**
 * The messages m with `base < m.seq <= end` are the candidates for unread (G5); those that do not count are
 * subtracted by the caller.
 * @param ownSeq seq of the owner's newest message here, 0 if none: who writes has read what is above.
 */
export const unreadRange = (
  row: ConversationRow,
  head: number,
  ownSeq: number,
): { base: number; end: number } => ({
  base: Math.max(row.readSeq, row.joinSeq, row.clearedSeq, ownSeq),
  end: row.leftSeq ?? head,
});

/** A row as the store gave it, or null when a field that makes it usable is missing or of the wrong type. */
export function toConversationRow(
  stored: Partial<Record<keyof ConversationRow, unknown>>,
): ConversationRow | null {
  const { ownerId, channelId, channelType, joinSeq, leftSeq, readSeq, clearedSeq, revision } = stored;
  if (typeof ownerId !== 'string' || typeof channelId !== 'string') return null;
  if (channelType !== 1 && channelType !== 2) return null;
  if (typeof joinSeq !== 'number') return null;
  if (leftSeq !== null && leftSeq !== undefined && typeof leftSeq !== 'number') return null;
  const numberOr0 = (value: unknown): number => (typeof value === 'number' ? value : 0);
  return {
    ownerId,
    channelId,
    channelType,
    joinSeq,
    leftSeq: leftSeq ?? null,
    readSeq: numberOr0(readSeq),
    clearedSeq: numberOr0(clearedSeq),
    revision: numberOr0(revision),
  };
}
