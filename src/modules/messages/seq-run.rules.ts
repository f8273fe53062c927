/** How far a walk along one conversation's messages has come. */
export interface SeqRun {
  readonly conversationId: string;
  /** Newest seq seen. */
  readonly head: number;
  /** seq that must come next. */
  readonly next: number;
  /** Everything from 1 to here is there, once. */
  readonly verified: number;
}

export type SeqProblem =
  | {
      readonly kind: 'message_seq_gap';
      readonly conversationId: string;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly kind: 'message_seq_double';
      readonly conversationId: string;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'message_malformed'; readonly conversationId: unknown; readonly seq: unknown };

export interface SeqRow {
  readonly conversationId?: unknown;
  readonly seq?: unknown;
}

/**
 * Walks along messages in the order of (conversationId, seq).
 * @param carried the run that the rows before these left open
 * @returns the runs that ended within these rows, the one that is open at their end, and what is wrong
 */
export function followSeqs(
  carried: SeqRun | null,
  rows: readonly SeqRow[],
): { ended: SeqRun[]; open: SeqRun | null; problems: SeqProblem[] } {
  const ended: SeqRun[] = [];
  const problems: SeqProblem[] = [];
  let open = carried;
  for (const { conversationId, seq } of rows) {
    if (typeof conversationId !== 'string' || !Number.isSafeInteger(seq) || (seq as number) < 1) {
      problems.push({ kind: 'message_malformed', conversationId, seq });
      continue;
    }
    if (open?.conversationId !== conversationId) {
      if (open) ended.push(open);
      open = { conversationId, head: 0, next: 1, verified: 0 };
    }
    const { run, problem } = step(open, seq as number);
    if (problem) problems.push(problem);
    open = run;
  }
  return { ended, open, problems };
}

function step(run: SeqRun, seq: number): { run: SeqRun; problem?: SeqProblem } {
  const { conversationId, next } = run;
  const isVerified = seq === next && run.verified === next - 1;
  const after = { conversationId, head: seq, next: seq + 1, verified: isVerified ? seq : run.verified };
  if (seq === next) return { run: after };
  if (seq > next) {
    return { run: after, problem: { kind: 'message_seq_gap', conversationId, from: next, to: seq - 1 } };
  }
  // A double cannot be told from what follows it, so nothing after it counts as verified.
  const verified = Math.min(run.verified, seq - 1);
  return {
    run: { ...run, verified },
    problem: { kind: 'message_seq_double', conversationId, from: seq, to: seq },
  };
}
