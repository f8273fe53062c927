import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import {
  Consistency,
  type ConsistencyRule,
  nameKey,
  type ScanDepth,
  type ScanPage,
  type Suspect,
} from '../../consistency/index.js';
import { RowWalk } from '../../infra/mongo/row-walk.js';
import { MessageRepository } from './message.repository.js';
import { MESSAGE_MODEL, type MessageRecord } from './message.schema.js';
import { followSeqs, type SeqProblem, type SeqRow, type SeqRun } from './seq-run.rules.js';
import { VerifiedSeqRepository } from './verified-seq.repository.js';

/** Index entries of one step. */
const PAGE = 500;

/** Messages were there and are not any more: the end of a conversation lies before what a scan has seen. */
interface Shrunk {
  readonly kind: 'message_tail_lost';
  readonly conversationId: string;
  readonly verified: number;
}

type Problem = SeqProblem | Shrunk;

interface Position {
  readonly after: readonly unknown[];
  readonly open: SeqRun | null;
}

/**
 * The seqs of each conversation are 1, 2, 3 … head (G3). The scan reads the index (conversationId, seq) alone. How far
 * a conversation was found whole is kept, so that the check at start can jump over it, and so that a lost end is seen.
 */
@Injectable()
@Consistency()
export class MessageSeqConsistency implements ConsistencyRule<Position, Problem> {
  readonly kinds = {
    message_seq_gap: 'Numbers between 1 and the newest message of a conversation that no message has.',
    message_seq_double: 'A number of a conversation that more than one message has.',
    message_tail_lost: 'The newest messages of a conversation, which were there, are missing.',
    message_malformed: 'A message without a conversation or without a whole number as seq.',
  };
  readonly hasTail = true;
  private readonly rows: RowWalk<SeqRow>;

  constructor(
    @InjectModel(MESSAGE_MODEL) private readonly messages: Model<MessageRecord>,
    private readonly log: MessageRepository,
    private readonly verified: VerifiedSeqRepository,
  ) {
    this.rows = new RowWalk(messages, { conversationId: 'text', seq: 'number' });
  }

  async scan(position: Position | null, depth: ScanDepth): Promise<ScanPage<Position, Problem>> {
    const carried = position?.open ?? null;
    const { rows, next } = await this.rows.page(position?.after ?? null, PAGE);
    const { ended, open, problems } = followSeqs(carried, rows);
    const runs = next === null && open ? [...ended, open] : ended;
    const from = carried?.conversationId ?? '';
    const known = await this.verified.findRange(from, next === null ? null : (open?.conversationId ?? from));
    const goesOn = next === null ? null : open;
    await this.raise(runs, known);
    const page = {
      scanned: rows.length,
      suspects: [...problems, ...shrunkAmong(known, runs, goesOn)].map(toSuspect),
    };
    if (next === null) return { ...page, next };
    const jumped = depth === 'tail' && goesOn ? jump(goesOn, known.get(goesOn.conversationId) ?? 0) : null;
    return jumped
      ? { ...page, next: jumped, skipped: true }
      : { ...page, next: { after: next, open: goesOn } };
  }

  async recheck(suspects: readonly Suspect<Problem>[]): Promise<Suspect<Problem>[]> {
    const still: Suspect<Problem>[] = [];
    for (const suspect of suspects) if (await this.isBroken(suspect.key)) still.push(suspect);
    return still;
  }

  private async isBroken(problem: Problem): Promise<boolean> {
    switch (problem.kind) {
      case 'message_seq_gap':
      case 'message_seq_double': {
        const { conversationId, from, to } = problem;
        const stored = await this.messages.countDocuments({ conversationId, seq: { $gte: from, $lte: to } });
        return problem.kind === 'message_seq_gap' ? stored < to - from + 1 : stored > 1;
      }
      case 'message_tail_lost':
        return (await this.log.readHead(problem.conversationId)) < problem.verified;
      case 'message_malformed':
        return (await this.rows.reread([[problem.conversationId, problem.seq]])).length > 0;
    }
  }

  private async raise(runs: readonly SeqRun[], known: ReadonlyMap<string, number>): Promise<void> {
    const raised = runs.filter(({ conversationId, verified }) => verified > (known.get(conversationId) ?? 0));
    await this.verified.raise(new Map(raised.map((run) => [run.conversationId, run.verified])));
  }
}

/** Conversations that a scan has left behind and whose end lies before what an earlier one has seen. */
function shrunkAmong(
  known: ReadonlyMap<string, number>,
  ended: readonly SeqRun[],
  open: SeqRun | null,
): Shrunk[] {
  const heads = new Map(ended.map((run) => [run.conversationId, run.head]));
  return [...known]
    .filter(([id, verified]) => id !== open?.conversationId && (heads.get(id) ?? 0) < verified)
    .map(([conversationId, verified]) => ({ kind: 'message_tail_lost', conversationId, verified }));
}

/** Goes on at the last message that is known to be good, which proves that it is still there. */
function jump(open: SeqRun, verified: number): Position | null {
  if (verified - open.next < PAGE) return null;
  const { conversationId } = open;
  return {
    after: [conversationId, verified - 1],
    open: {
      ...open,
      next: verified,
      verified: open.verified === open.next - 1 ? verified - 1 : open.verified,
    },
  };
}

function toSuspect(problem: Problem): Suspect<Problem> {
  return { kind: problem.kind, id: nameKey([problem.conversationId, placeOf(problem)]), key: problem };
}

function placeOf(problem: Problem): unknown {
  if (problem.kind === 'message_malformed') return problem.seq;
  if (problem.kind === 'message_tail_lost') return `up to ${problem.verified}`;
  return problem.from === problem.to ? `${problem.from}` : `${problem.from}-${problem.to}`;
}
