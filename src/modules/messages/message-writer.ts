import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../common/app-error.js';
import { ShutdownSteps } from '../../infra/lifecycle/shutdown-steps.js';
import { Metrics } from '../../infra/metrics/metrics.js';
import { Revisions } from '../../infra/revisions/revisions.js';
import { ConversationsService } from '../conversations/index.js';
import { answerStored, type BatchItem, numberSends, renumber } from './message-batch.js';
import { MessageRepository } from './message.repository.js';
import { RecentMessages } from './recent-messages.js';
import { isSameSend, type MessageDraft, sendKey } from './message.rules.js';
import { Appended, type Lane, type Turn, type WaitingSend } from './writer-lane.js';
import { WriterLanes } from './writer-lanes.js';

const MAX_BATCH = 1_000;
const MAX_BATCH_WEIGHT = 12_000_000;
const MAX_UNEXPLAINED = 100;
const UNEXPLAINED_PAUSE_MS = 10;
const MAX_IN_DOUBT = 10_000;

/**
 * Group commit: gives each message the next `seq` of its conversation and stores it, exactly once.
 *
 * There is no counter document; the messages' unique index is the counter. All sends that arrive while a commit is
 * under way form the next one: one ordered insert, whatever the number of conversations, so what survives a crash is
 * a prefix and never a hole. Other processes may write to the same conversations: the unique indexes decide, and who
 * meets a duplicate key looks its sends up, reads the heads again and numbers the rest anew.
 * An outcome is given only after the store has synced the message.
 */
@Injectable()
export class MessageWriter {
  private readonly logger = new Logger(MessageWriter.name);
  private readonly lanes = new WriterLanes();
  private readonly ready = new Set<Lane>();
  /** Sends that may be stored, which nobody was told of. */
  private readonly inDoubt = new LRUCache<string, true>({ max: MAX_IN_DOUBT });
  private readonly open = new Map<string, { draft: MessageDraft; outcome: Promise<Appended | null> }>();
  private committing = false;
  private openTurns = 0;
  private onDrained: (() => void) | null = null;

  constructor(
    private readonly messages: MessageRepository,
    private readonly conversations: ConversationsService,
    private readonly recent: RecentMessages,
    private readonly metrics: Metrics,
    private readonly revisions: Revisions,
    shutdown: ShutdownSteps,
  ) {
    shutdown.register('drain', 'messages', () => this.drain());
  }

  /** To be read before the sender's right to write is checked, and given to {@link append}. */
  membershipOf(conversationId: string): number {
    return this.lanes.membershipOf(conversationId);
  }

  /**
   * Stores a message; sends of one `clientMsgId` that are under way share one outcome.
   * @param membership what {@link membershipOf} said before the sender was checked
   * @returns null when members changed since that check: check again, then append again
   * @throws AppError IDEMPOTENCY_CONFLICT, SHUTTING_DOWN, STORE_UNAVAILABLE: the outcome is unknown, send again with the
   * same id
   */
  async append(draft: MessageDraft, membership: number): Promise<Appended | null> {
    const key = sendKey(draft);
    const earlier = this.open.get(key);
    if (earlier) {
      if (!isSameSend(earlier.draft, draft)) throw new AppError('IDEMPOTENCY_CONFLICT');
      this.metrics.duplicatesSuppressed.inc();
      const shared = await earlier.outcome;
      return shared && new Appended(shared.message, false);
    }
    this.refuseWhenClosing();
    const outcome = new Promise<Appended | null>((resolve, reject) => {
      this.enqueue(draft.conversationId, { draft, membership, resolve, reject });
    });
    this.open.set(key, { draft, outcome });
    try {
      return await outcome;
    } finally {
      this.open.delete(key);
      this.checkDrained();
    }
  }

  /** Runs `work` between two messages of a conversation, given the exact head there; sends behind it are checked anew. */
  changeMembers(conversationId: string, work: (head: number) => Promise<void>): Promise<void> {
    return this.takeTurn(conversationId, true, work);
  }

  /** Runs `look` while no member of the conversation changes. */
  inspect(conversationId: string, look: () => Promise<void>): Promise<void> {
    return this.takeTurn(conversationId, false, look);
  }

  private async takeTurn(
    conversationId: string,
    changesMembers: boolean,
    work: (head: number) => Promise<void>,
  ): Promise<void> {
    this.refuseWhenClosing();
    this.openTurns += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        this.enqueue(conversationId, {
          changesMembers,
          work: (head) => work(head).then(resolve, reject),
          reject,
        });
      });
    } finally {
      this.openTurns -= 1;
      this.checkDrained();
    }
  }

  /** Takes nothing new and waits until all that was taken has its outcome. */
  private drain(): Promise<void> {
    return new Promise((resolve) => {
      this.onDrained = resolve;
      this.checkDrained();
    });
  }

  private refuseWhenClosing(): void {
    if (this.onDrained) throw new AppError('SHUTTING_DOWN');
  }

  private checkDrained(): void {
    if (this.open.size === 0 && this.openTurns === 0) this.onDrained?.();
  }

  private enqueue(conversationId: string, item: WaitingSend | Turn): void {
    const lane = this.lanes.get(conversationId);
    lane.enqueue(item);
    this.wake(lane);
  }

  private wake(lane: Lane): void {
    if (lane.busy) return;
    this.ready.add(lane);
    if (this.committing) return;
    this.committing = true;
    // The rest of this turn of the event loop still joins the first batch.
    setImmediate(() => void this.commitAll());
  }

  private release(lane: Lane): void {
    lane.busy = false;
    if (!lane.idle) this.wake(lane);
  }

  private async commitAll(): Promise<void> {
    for (let batch = this.takeBatch(); batch.length > 0; batch = this.takeBatch()) {
      await this.commit(batch);
      for (const lane of new Set(batch.map((item) => item.lane))) this.release(lane);
    }
    this.committing = false;
  }

  private takeBatch(): BatchItem[] {
    const room = { count: MAX_BATCH, weight: MAX_BATCH_WEIGHT };
    const batch: BatchItem[] = [];
    for (const lane of this.ready) {
      if (room.count <= 0 || room.weight <= 0) break;
      this.ready.delete(lane);
      const turn = lane.takeTurn();
      if (turn || lane.head === null) {
        void this.occupy(lane, turn);
        continue;
      }
      const items = numberSends(lane, lane.head, lane.takeSends(room));
      if (items.length > 0) lane.busy = true;
      else if (!lane.idle) this.ready.add(lane);
      batch.push(...items);
    }
    return batch;
  }

  /** Reads the head again from the index, since other processes may have written, and runs the turn on it. */
  private async occupy(lane: Lane, turn: Turn | null): Promise<void> {
    lane.busy = true;
    try {
      lane.head = await this.messages.readHead(lane.conversationId);
      await turn?.work(lane.head);
    } catch (error) {
      if (turn) turn.reject(error);
      else lane.rejectSends(this.unconfirmed(error));
    }
    if (turn?.changesMembers) this.lanes.membersChanged(lane);
    this.release(lane);
  }

  private async commit(batch: BatchItem[]): Promise<void> {
    const stopTimer = this.metrics.commitSeconds.startTimer();
    let rest = batch;
    try {
      for (let attempt = 0; rest.length > 0; attempt++) {
        rest = await this.revisions.stamp((revision) => this.store(rest, revision));
        if (rest.length > 0) rest = await this.resolveDuplicates(rest, attempt);
      }
    } catch (error) {
      const unconfirmed = this.unconfirmed(error);
      for (const { lane, send } of rest) {
        lane.head = null;
        this.inDoubt.set(sendKey(send.draft), true);
        send.reject(unconfirmed);
      }
    }
    stopTimer();
  }

  /** @returns those that a duplicate key kept out */
  private async store(items: BatchItem[], revision: number): Promise<BatchItem[]> {
    const stored = await this.messages.insertInOrder(items, revision);
    this.metrics.commitBatchSize.observe(stored);
    for (const item of items.slice(0, stored)) this.settle(item, revision);
    return items.slice(stored);
  }

  private settle({ lane, send, message, uncounted }: BatchItem, revision: number): void {
    lane.head = message.seq;
    this.conversations.messageStored({ message, uncounted, revision });
    const appended = new Appended(message, true);
    if (this.inDoubt.size > 0) this.inDoubt.delete(sendKey(message));
    this.recent.stored(appended);
    send.resolve(appended);
  }

  /**
   * Answers the sends that are stored already and numbers the others after the heads as they are now.
   * On a replica set what caused the duplicate key may not be readable yet: then a pause, and another try.
   */
  private async resolveDuplicates(rest: BatchItem[], attempt: number): Promise<BatchItem[]> {
    const stored = await this.messages.findBySends(rest.map(({ send }) => send.draft));
    const lanes = [...new Set(rest.map(({ lane }) => lane))];
    const heads = await Promise.all(lanes.map((lane) => this.messages.readHead(lane.conversationId)));
    const numbersMoved = lanes.some((lane, i) => lane.head !== heads[i]);
    if (stored.size === 0 && !numbersMoved) {
      if (attempt >= MAX_UNEXPLAINED) throw new Error('a duplicate key that no stored message explains');
      await delay(UNEXPLAINED_PAUSE_MS);
    }
    if (numbersMoved) this.metrics.duplicateKeyMet.inc({ index: 'messages_conversationId_seq' });
    lanes.forEach((lane, i) => (lane.head = heads[i]!));
    const others = answerStored(rest, stored, (key) => this.inDoubt.delete(key));
    this.metrics.duplicatesSuppressed.inc(rest.length - others.length);
    renumber(others);
    return others;
  }

  private unconfirmed(error: unknown): AppError {
    this.logger.error({ err: error }, 'the store did not confirm a write');
    return new AppError('STORE_UNAVAILABLE');
  }
}
