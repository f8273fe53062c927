import type { Message } from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import { isSameSend, isUncounted, type NumberedMessage, sendKey } from './message.rules.js';
import { newMessageId } from './message.record.js';
import { Appended, type Lane, type WaitingSend } from './writer-lane.js';

/** A send with its number, on its way to the store. */
export interface BatchItem extends NumberedMessage {
  readonly lane: Lane;
  readonly send: WaitingSend;
}

/** Numbers sends of one lane after its head. */
export function numberSends(lane: Lane, head: number, sends: WaitingSend[]): BatchItem[] {
  const sentAt = Date.now();
  return sends.map((send, i) => {
    const { conversationId, senderId, clientMsgId, type, content } = send.draft;
    const seq = head + 1 + i;
    const message = {
      messageId: newMessageId(),
      conversationId,
      seq,
      senderId,
      clientMsgId,
      type,
      content,
      sentAt,
    };
    return { lane, send, message, uncounted: isUncounted(type) };
  });
}

/**
 * Answers the sends that are stored already.
 * @param isNews whether nobody was told yet of a send, by its {@link sendKey}
 * @returns the others
 */
export function answerStored(
  items: BatchItem[],
  stored: ReadonlyMap<string, Message>,
  isNews: (key: string) => boolean,
): BatchItem[] {
  return items.filter(({ send }) => {
    const key = sendKey(send.draft);
    const message = stored.get(key);
    if (!message) return true;
    if (isSameSend(message, send.draft)) send.resolve(new Appended(message, isNews(key)));
    else send.reject(new AppError('IDEMPOTENCY_CONFLICT'));
    return false;
  });
}

/** Numbers items anew, in their order, after the heads of their lanes. */
export function renumber(items: BatchItem[]): void {
  const heads = new Map<Lane, number>();
  for (const { lane, message } of items) {
    message.seq = (heads.get(lane) ?? lane.head ?? 0) + 1;
    heads.set(lane, message.seq);
  }
}
