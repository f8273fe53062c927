import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { intOf, type Stored, textOf } from '../../common/stored.js';
import { Consistency, type Defect, RowRule } from '../../consistency/index.js';
import { RowWalk } from '../../infra/mongo/row-walk.js';
import { ChannelLog } from './channel-log.js';
import { CONVERSATION_MODEL, type ConversationRecord } from './conversation.schema.js';

type Row = Stored<ConversationRecord>;

const POSITIONS = ['readSeq', 'joinSeq', 'leftSeq', 'clearedSeq'] as const;

/**
 * No position lies beyond the newest message. The head is read after the row and only grows, so a write at the same
 * time never looks like damage.
 */
@Injectable()
@Consistency()
export class PositionConsistency extends RowRule<Row> {
  readonly kinds = {
    read_beyond_head: 'A read position (readSeq, clearedSeq) beyond the newest message.',
    window_beyond_head: 'A window (joinSeq, leftSeq) beyond the newest message.',
  };
  protected readonly rows: RowWalk<Row>;

  constructor(
    @InjectModel(CONVERSATION_MODEL) conversations: Model<ConversationRecord>,
    private readonly log: ChannelLog,
  ) {
    super();
    this.rows = new RowWalk(conversations, { channelId: 'text', ownerId: 'text' }, POSITIONS);
  }

  protected async inspect(rows: Row[]): Promise<Defect<Row>[]> {
    const heads = await this.readHeads(rows);
    const isBeyond = (row: Row, ...names: (typeof POSITIONS)[number][]): boolean =>
      names.some((name) => (intOf(row[name]) ?? 0) > (heads.get(row.channelId) ?? 0));
    return [
      ...rows
        .filter((row) => isBeyond(row, 'readSeq', 'clearedSeq'))
        .map((row) => ({ kind: 'read_beyond_head', row })),
      ...rows
        .filter((row) => isBeyond(row, 'joinSeq', 'leftSeq'))
        .map((row) => ({ kind: 'window_beyond_head', row })),
    ];
  }

  /** Of the channels in which any position is set: rows that still stand at 0 need no look-up. */
  private async readHeads(rows: Row[]): Promise<Map<unknown, number>> {
    const heads = new Map<unknown, number>();
    for (const row of rows) {
      const channelId = textOf(row.channelId);
      if (channelId === undefined || heads.has(channelId)) continue;
      if (POSITIONS.some((name) => row[name])) heads.set(channelId, await this.log.readHead(channelId));
    }
    return heads;
  }
}
