import { Injectable } from '@nestjs/common';
import { ChannelType, type Message, type PullMessages, type SendMessage } from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';
import type { Ctx } from '../../common/ctx.js';
import { RawJson } from '../../common/raw-json.js';
import { RealtimePublisher } from '../../realtime/realtime.publisher.js';
import { ConversationsService, type SeqWindow } from '../conversations/index.js';
import { GroupsService } from '../groups/index.js';
import { UsersService } from '../users/index.js';
import { MessageRepository } from './message.repository.js';
import { isSameSend, type MessageDraft, sendKey, type Target, targetOf } from './message.rules.js';
import { MessageWriter } from './message-writer.js';
import { RecentMessages, type SeqRange } from './recent-messages.js';
import { Appended } from './writer-lane.js';

const DEFAULT_PULL = 100;

@Injectable()
export class MessagesService {
  /** Senders whose right to write is being looked up, and the end of the last look-up. */
  private readonly checks = new Map<string, Promise<void>>();

  constructor(
    private readonly writer: MessageWriter,
    private readonly messages: MessageRepository,
    private readonly recent: RecentMessages,
    private readonly conversations: ConversationsService,
    private readonly groups: GroupsService,
    private readonly users: UsersService,
    private readonly publisher: RealtimePublisher,
  ) {}

  /** Check, store, publish. Answers the one stored message, however often the same send is repeated. */
  async send(ctx: Ctx, { clientMsgId, type, content, ...address }: SendMessage): Promise<Appended> {
    const target = targetOf(ctx.userId, address);
    const draft = { conversationId: target.conversationId, senderId: ctx.userId, clientMsgId, type, content };
    const appended = await this.append(draft, target);
    // Nothing may be awaited between storing and publishing: this keeps the pushes of a conversation in seq order.
    if (appended.fresh) this.publish(appended, target, ctx);
    return appended;
  }

  /**
   * Messages of my window, ascending: from `fromSeq` on, or the newest up to `toSeq`. Both ends are inclusive.
   * @returns the JSON of a MessagePage: what many ask for is encoded once
   */
  async pull(ctx: Ctx, query: PullMessages): Promise<string> {
    const { window, range } = await this.readable(ctx, query);
    const held = range.from > range.to ? '[]' : this.recent.find(query.conversationId, range);
    const messages = held ?? JSON.stringify(await this.read(query.conversationId, range, window));
    return `{"messages":${messages},"maxSeq":${window.maxSeq},"minSeq":${window.minSeq}}`;
  }

  private async readable(
    ctx: Ctx,
    { conversationId, fromSeq, toSeq, limit = DEFAULT_PULL }: PullMessages,
  ): Promise<{ window: SeqWindow; range: SeqRange }> {
    const window = await this.conversations.getReadable(ctx.userId, conversationId);
    const from = Math.max(fromSeq ?? 0, window.minSeq);
    const to = Math.min(toSeq ?? Infinity, window.maxSeq);
    return { window, range: { from, to, limit, newest: fromSeq === undefined } };
  }

  private async read(conversationId: string, range: SeqRange, { maxSeq }: SeqWindow): Promise<Message[]> {
    // What a returning client missed before the newest message, which came with its state, others have missed as well.
    const missed = !range.newest && range.to >= maxSeq - 1;
    const wanted = missed ? { ...range, to: maxSeq, limit: range.limit + 1 } : range;
    const messages = await this.messages.listRange(conversationId, wanted);
    if (range.newest || messages.at(-1)?.seq === maxSeq) this.recent.keep(conversationId, messages);
    return missed ? messages.filter(({ seq }) => seq <= range.to).slice(0, range.limit) : messages;
  }

  private async append(draft: MessageDraft, target: Target): Promise<Appended> {
    for (;;) {
      const membership = this.writer.membershipOf(target.conversationId);
      const refusal = this.isKnownToWrite(draft.senderId, target)
        ? null
        : await this.check(draft.senderId, target);
      if (refusal) return this.findEarlier(draft, refusal);
      const appended = await this.writer.append(draft, membership);
      if (appended) return appended;
    }
  }

  /** Asks nobody: most sends are of people who have just sent. */
  private isKnownToWrite(senderId: string, target: Target): boolean {
    if (this.checks.has(senderId)) return false;
    if (target.channelType === ChannelType.group) return this.groups.isKnownMember(target.groupId, senderId);
    return this.users.isKnown(target.peerId) && this.conversations.isKnownDm(target.conversationId);
  }

  /** Answers after the sender's earlier checks, so that his sends stay in their order. */
  private check(senderId: string, target: Target): Promise<AppError | null> {
    const earlier = this.checks.get(senderId);
    const check = Promise.all([this.whyMayNotWrite(senderId, target), earlier]).then(([refusal]) => refusal);
    const ended = (): void => {
      if (this.checks.get(senderId) === settled) this.checks.delete(senderId);
    };
    const settled = check.then(ended, ended);
    this.checks.set(senderId, settled);
    return check;
  }

  private async whyMayNotWrite(senderId: string, target: Target): Promise<AppError | null> {
    if (target.channelType === ChannelType.group) {
      if (await this.groups.findRole(target.groupId, senderId)) return null;
      const wasMember = await this.conversations.has(senderId, target.conversationId);
      return new AppError(wasMember ? 'NOT_A_MEMBER' : 'CONVERSATION_NOT_FOUND');
    }
    if (!(await this.users.exists(target.peerId))) return new AppError('USER_NOT_FOUND');
    await this.conversations.ensureDm(senderId, target.peerId);
    return null;
  }

  /** Who may no longer write still gets the ack of what he wrote before. */
  private async findEarlier(draft: MessageDraft, refusal: AppError): Promise<Appended> {
    const stored = (await this.messages.findBySends([draft])).get(sendKey(draft));
    if (!stored) throw refusal;
    if (!isSameSend(stored, draft)) throw new AppError('IDEMPOTENCY_CONFLICT');
    return new Appended(stored, false);
  }

  private publish({ text }: Appended, target: Target, { userId, socketId }: Ctx): void {
    const message = new RawJson<Message>(text);
    if (target.channelType === ChannelType.group) {
      this.publisher.toRoom(target.conversationId, 'message:new', message, socketId);
    } else {
      this.publisher.toUsers([userId, target.peerId], 'message:new', message, socketId);
    }
  }
}
