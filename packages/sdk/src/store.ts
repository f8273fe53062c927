import type {
  Conversation,
  Friend,
  Group,
  Message,
  MessagePage,
  ReadResult,
  Receipt,
} from '@nestim/protocol';
import { byActivity, recount, withNext } from './conversation-state.js';
import type { Emitter } from './emitter.js';
import type { ClientEvents } from './events.js';
import type { StatePage } from './state-source.js';
import { type SeqRange, Timeline } from './timeline.js';

interface Held {
  conversation: Conversation;
  readonly timeline: Timeline;
}

/**
 * What this client knows. Everything may be applied any number of times and late: positions only move forward, a
 * message is taken once, and a state that was read before a push that is already here does not undo it.
 */
export class Store {
  me = '';
  private readonly held = new Map<string, Held>();
  private readonly strays = new Map<string, Message[]>();
  private readonly readers = new Map<string, Map<string, number>>();
  private readonly groups = new Map<string, Group>();
  private readonly friends = new Map<string, Friend>();
  private sorted?: readonly Conversation[];

  /**
   * @param onStale called when what is held no longer follows from what came, so that states must be fetched again
   */
  constructor(
    private readonly events: Emitter<ClientEvents>,
    private readonly onStale: () => void,
  ) {}

  listConversations(): readonly Conversation[] {
    this.sorted ??= [...this.held.values()].map(({ conversation }) => conversation).sort(byActivity);
    return this.sorted;
  }

  findConversation(conversationId: string): Conversation | undefined {
    return this.held.get(conversationId)?.conversation;
  }

  findTimeline(conversationId: string): Timeline | undefined {
    return this.held.get(conversationId)?.timeline;
  }

  listReceipts(conversationId: string): ReadonlyMap<string, number> {
    return this.readers.get(conversationId) ?? new Map();
  }

  listGroups(): Group[] {
    const mine = ({ conversationId }: Group): boolean =>
      this.findConversation(conversationId)?.active === true;
    return [...this.groups.values()].filter(mine);
  }

  listFriends(): Friend[] {
    return [...this.friends.values()];
  }

  /** Conversations with a hole before their newest message. */
  listIncomplete(): string[] {
    return [...this.held.keys()].filter((conversationId) => this.missing(conversationId) !== null);
  }

  /** What must be pulled before the next message can be told. */
  missing(conversationId: string): SeqRange | null {
    const held = this.held.get(conversationId);
    return held ? held.timeline.missing(held.conversation.maxSeq) : null;
  }

  /** @returns false when its conversation is not known yet: it waits for the states */
  receive(message: Message): boolean {
    const held = this.held.get(message.conversationId);
    if (held) this.tell(held, held.timeline.take(message));
    else {
      const waiting = this.strays.get(message.conversationId) ?? [];
      this.strays.set(message.conversationId, [...waiting, message]);
    }
    return held !== undefined;
  }

  /** @param follow tell a new conversation's messages from its first one on, not only from now on */
  applyStates(page: StatePage, follow: boolean): void {
    if (page.reset) this.reset();
    for (const group of page.groups) this.applyGroup(group);
    for (const friend of page.friends) this.applyFriend(friend);
    for (const conversation of page.conversations) this.applyConversation(conversation, follow);
    for (const receipt of page.receipts) this.applyReceipt(receipt);
    for (const removed of page.removed) {
      if (removed.kind === 'conversation') this.removeConversation(removed.conversationId);
      else if (this.friends.delete(removed.userId)) this.events.emit('removed', removed);
    }
  }

  /** What came for conversations that the states do not name is not for showing. */
  dropStrays(): void {
    this.strays.clear();
  }

  /** @returns false when the page brought nothing of what was asked for */
  applyPage(range: SeqRange, conversationId: string, { messages, minSeq }: MessagePage): boolean {
    const held = this.held.get(conversationId);
    if (!held) return false;
    const before = held.timeline.head;
    if (minSeq > range.fromSeq) this.tell(held, held.timeline.cutBelow(minSeq));
    this.tell(held, held.timeline.take(...messages));
    return held.timeline.head > before;
  }

  /** Gives up a range: it is told as a gap. */
  skip(conversationId: string, toSeq: number): void {
    const held = this.held.get(conversationId);
    if (!held || toSeq <= held.timeline.head) return;
    const fromSeq = held.timeline.head + 1;
    const due = held.timeline.skipTo(toSeq);
    this.events.emit('gap', { conversationId, fromSeq, toSeq });
    this.tell(held, due);
  }

  /** Mine moves the conversation's own position; those of others are kept beside it. */
  applyReceipt(receipt: Receipt): void {
    const { conversationId, userId, readSeq } = receipt;
    if (userId === this.me) return this.moveRead(receipt);
    const readers = this.readers.get(conversationId) ?? new Map<string, number>();
    if (readSeq <= (readers.get(userId) ?? 0)) return;
    this.readers.set(conversationId, readers.set(userId, readSeq));
    this.events.emit('receipt', receipt);
  }

  /** After `read()`: the server's number holds for the newest message that the server had then. */
  applyRead(conversationId: string, { readSeq, unread }: ReadResult, maxSeqBefore: number): void {
    const held = this.held.get(conversationId);
    if (!held) return this.onStale();
    const { conversation } = held;
    const next = { ...conversation, readSeq: Math.max(conversation.readSeq, readSeq) };
    const recounted = recount(next, held.timeline.messages, this.me);
    if (recounted === null && conversation.maxSeq !== maxSeqBefore) this.onStale();
    this.replace(held, { ...next, unread: recounted ?? unread });
  }

  applyGroup(group: Group): void {
    if (isSame(this.groups.get(group.groupId), group)) return;
    this.groups.set(group.groupId, group);
    this.events.emit('group', group);
    const held = this.held.get(group.conversationId);
    if (held && !isSame(held.conversation.group, group)) this.replace(held, { ...held.conversation, group });
  }

  private applyFriend(friend: Friend): void {
    if (isSame(this.friends.get(friend.userId), friend)) return;
    this.friends.set(friend.userId, friend);
    this.events.emit('friend', friend);
  }

  private applyConversation(incoming: Conversation, follow: boolean): void {
    const { conversationId, minSeq, maxSeq, lastMessage, group } = incoming;
    if (group) this.applyGroup(group);
    const strays = this.strays.get(conversationId) ?? [];
    this.strays.delete(conversationId);
    const held = this.held.get(conversationId);
    if (!held) {
      const first = Math.min(...strays.map(({ seq }) => seq), maxSeq + 1);
      const timeline = new Timeline(Math.max(minSeq - 1, follow ? 0 : first - 1));
      if (timeline.head === maxSeq && lastMessage?.seq === maxSeq) timeline.prepend([lastMessage]);
      const fresh = { conversation: incoming, timeline };
      this.held.set(conversationId, fresh);
      this.replace(fresh, incoming);
      this.tell(fresh, timeline.take(...strays));
      return this.tellNewest(fresh, lastMessage);
    }
    const merged = this.merge(held, incoming);
    if (!merged) return this.onStale();
    if (!isSame(held.conversation, merged)) this.replace(held, merged);
    if (minSeq > held.timeline.head + 1 || minSeq > (held.timeline.messages[0]?.seq ?? minSeq))
      this.tell(held, held.timeline.cutBelow(minSeq));
    this.tellNewest(held, lastMessage);
  }

  /** Who missed only the newest message has it from the state and need not pull. */
  private tellNewest(held: Held, lastMessage: Message | null): void {
    if (lastMessage?.seq === held.timeline.head + 1) this.tell(held, held.timeline.take(lastMessage));
  }

  /** A state and what was pushed after it was read. Null when that cannot be told. */
  private merge({ conversation, timeline }: Held, incoming: Conversation): Conversation | null {
    let merged = incoming;
    if (incoming.maxSeq < conversation.maxSeq) {
      const later = timeline.between(incoming.maxSeq + 1, conversation.maxSeq);
      if (!later) return null;
      for (const message of later) merged = withNext(merged, message, this.me);
    }
    if (incoming.readSeq >= conversation.readSeq) return merged;
    merged = { ...merged, readSeq: conversation.readSeq };
    // What is held of another window cannot tell what is unread in this one.
    if (incoming.minSeq !== conversation.minSeq) return merged.readSeq < merged.minSeq ? merged : null;
    const unread = recount(merged, timeline.messages, this.me);
    return unread === null ? null : { ...merged, unread };
  }

  private removeConversation(conversationId: string): void {
    if (!this.held.delete(conversationId)) return;
    this.readers.delete(conversationId);
    this.sorted = undefined;
    this.events.emit('removed', { kind: 'conversation', conversationId });
  }

  private moveRead(receipt: Receipt): void {
    const { conversationId, readSeq } = receipt;
    const held = this.held.get(conversationId);
    if (!held) return this.onStale();
    if (readSeq <= held.conversation.readSeq) return;
    const next = { ...held.conversation, readSeq };
    const unread = recount(next, held.timeline.messages, this.me);
    if (unread === null) this.onStale();
    this.events.emit('receipt', receipt);
    this.replace(held, { ...next, unread: unread ?? next.unread });
  }

  private tell(held: Held, due: readonly Message[]): void {
    for (const message of due) {
      const isNext = message.seq > held.conversation.maxSeq;
      if (isNext) this.store(held, withNext(held.conversation, message, this.me));
      this.events.emit('message', message);
      if (isNext) this.events.emit('conversation', held.conversation);
    }
  }

  private replace(held: Held, conversation: Conversation): void {
    this.store(held, conversation);
    this.events.emit('conversation', conversation);
  }

  private store(held: Held, conversation: Conversation): void {
    held.conversation = conversation;
    this.sorted = undefined;
  }

  private reset(): void {
    for (const known of [this.held, this.readers, this.groups, this.friends]) known.clear();
    this.sorted = undefined;
    this.events.emit('reset', {});
  }
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
