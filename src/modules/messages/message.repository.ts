import { Injectable } from '@nestjs/common';
import { InjectConnection, InjectModel } from '@nestjs/mongoose';
import type { Message } from '@nestim/protocol';
import type { Connection, Model } from 'mongoose';
import { ChannelLog, type ChannelTail } from '../conversations/index.js';
import { type MessageDraft, type NumberedMessage, sendKey } from './message.rules.js';
import { type StoredMessage, toMessage, toRecord, weightOf } from './message.record.js';
import { MESSAGE_MODEL, type MessageRecord } from './message.schema.js';
import type { SeqRange } from './recent-messages.js';

const DUPLICATE_KEY = 11000;

/** A page ends with the message that passes this many bytes: what one request can hold in memory is bounded. */
const MAX_PAGE_WEIGHT = 1_000_000;

interface InsertReply {
  n: number;
  writeErrors?: { index: number; code: number; errmsg: string }[];
}

/** The only user of the messages' collection. */
@Injectable()
export class MessageRepository extends ChannelLog {
  constructor(
    @InjectModel(MESSAGE_MODEL) private readonly model: Model<MessageRecord>,
    @InjectConnection() private readonly connection: Connection,
  ) {
    super();
  }

  /**
   * Stores messages in order with one journaled command; what survives a crash or a failure is a prefix.
   * The bare command is used because it encodes each message once.
   * @returns how many were stored; fewer than given only when the next one met a duplicate key
   * @throws any other error; the outcome is then unknown
   */
  async insertInOrder(messages: NumberedMessage[], revision: number): Promise<number> {
    const reply = (await this.connection.db!.command({
      insert: this.model.collection.collectionName,
      ordered: true,
      writeConcern: { w: 'majority', j: true },
      documents: messages.map((message) => toRecord(message, revision)),
    })) as unknown as InsertReply;
    const failed = reply.writeErrors?.[0];
    if (failed && failed.code !== DUPLICATE_KEY) throw new Error(failed.errmsg);
    return failed ? failed.index : messages.length;
  }

  /** seq of the newest message of a conversation, 0 when there is none; from the unique index. */
  override async readHead(conversationId: string): Promise<number> {
    const newest = await this.model.findOne({ conversationId }, { seq: 1, _id: 0 }).sort({ seq: -1 }).lean();
    return newest?.seq ?? 0;
  }

  /** The stored messages among these sends, by {@link sendKey}; one indexed find. */
  async findBySends(sends: Pick<MessageDraft, 'senderId' | 'clientMsgId'>[]): Promise<Map<string, Message>> {
    const idsBySender = new Map<string, string[]>();
    for (const { senderId, clientMsgId } of sends) {
      idsBySender.set(senderId, [...(idsBySender.get(senderId) ?? []), clientMsgId]);
    }
    const branches = [...idsBySender].map(([senderId, ids]) => ({ senderId, clientMsgId: { $in: ids } }));
    const stored = await this.model.find(branches.length === 1 ? branches[0]! : { $or: branches }).lean();
    return new Map(stored.map((doc) => [sendKey(doc), toMessage(doc)]));
  }

  /**
   * Messages with `from <= seq <= to`: the first `limit` of them, or the last when `newest`; ascending either way.
   * Fewer, but at least one, when they are large.
   */
  async listRange(conversationId: string, range: SeqRange): Promise<Message[]> {
    const cursor = this.model.collection
      .find<StoredMessage>({ conversationId, seq: { $gte: range.from, $lte: range.to } })
      .sort({ seq: range.newest ? -1 : 1 })
      .limit(range.limit);
    const messages: Message[] = [];
    let weight = 0;
    for await (const stored of cursor) {
      messages.push(toMessage(stored));
      weight += weightOf(stored);
      if (weight > MAX_PAGE_WEIGHT) break;
    }
    return range.newest ? messages.reverse() : messages;
  }

  override async readTail(conversationId: string): Promise<ChannelTail> {
    const newest = await this.model.findOne({ conversationId }).sort({ seq: -1 }).lean();
    // Second, so that it is never older than the head.
    const uncounted = await this.model
      .findOne({ conversationId, uncounted: true }, { seq: 1, _id: 0 })
      .sort({ seq: -1 })
      .lean();
    return {
      head: newest?.seq ?? 0,
      lastMessage: newest && toMessage(newest),
      lastUncounted: uncounted?.seq ?? 0,
      revision: newest?.revision ?? 0,
    };
  }

  override async findBySeq(conversationId: string, seq: number): Promise<Message | null> {
    const stored = await this.model.findOne({ conversationId, seq }).lean();
    return stored && toMessage(stored);
  }

  override async ownNewestSeq(conversationId: string, senderId: string): Promise<number> {
    const newest = await this.model
      .findOne({ conversationId, senderId }, { seq: 1, _id: 0 })
      .sort({ seq: -1 })
      .lean();
    return newest?.seq ?? 0;
  }

  override countUncounted(conversationId: string, base: number, end: number): Promise<number> {
    return this.model.countDocuments({ conversationId, uncounted: true, seq: { $gt: base, $lte: end } });
  }
}
