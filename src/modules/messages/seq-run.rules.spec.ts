import { followSeqs, type SeqProblem, type SeqRow } from './seq-run.rules.js';

const rowsOf = (conversationId: string, ...seqs: number[]): SeqRow[] =>
  seqs.map((seq) => ({ conversationId, seq }));

const gap = (conversationId: string, from: number, to = from): SeqProblem => ({
  kind: 'message_seq_gap',
  conversationId,
  from,
  to,
});

describe('following the seqs of conversations', () => {
  it('finds nothing in 1, 2, 3 … of several conversations', () => {
    const { ended, open, problems } = followSeqs(null, [...rowsOf('a', 1, 2, 3), ...rowsOf('b', 1)]);
    expect(problems).toEqual([]);
    expect(ended).toEqual([{ conversationId: 'a', head: 3, next: 4, verified: 3 }]);
    expect(open).toEqual({ conversationId: 'b', head: 1, next: 2, verified: 1 });
  });

  it.each([
    ['at the beginning', [2, 3], [gap('a', 1)], 0],
    ['in the middle', [1, 2, 5], [gap('a', 3, 4)], 2],
    ['twice', [1, 3, 5], [gap('a', 2), gap('a', 4)], 1],
  ])('names a hole %s, and nothing after it is verified', (_where, seqs, expected, verified) => {
    const { open, problems } = followSeqs(null, rowsOf('a', ...seqs));
    expect(problems).toEqual(expected);
    expect(open).toMatchObject({ head: seqs.at(-1), verified });
  });

  it('names a double, and neither it nor what follows is verified', () => {
    const { open, problems } = followSeqs(null, rowsOf('a', 1, 2, 2, 3));
    expect(problems).toEqual([{ kind: 'message_seq_double', conversationId: 'a', from: 2, to: 2 }]);
    expect(open).toEqual({ conversationId: 'a', head: 3, next: 4, verified: 1 });
  });

  it('names malformed rows and goes on past them', () => {
    const bad: SeqRow[] = [{ seq: 1 }, { conversationId: 'a' }, { conversationId: 'a', seq: 1.5 }];
    const { problems, open } = followSeqs(null, [
      bad[0]!,
      bad[1]!,
      ...rowsOf('a', 1),
      bad[2]!,
      ...rowsOf('a', 2),
    ]);
    expect(problems.map(({ kind }) => kind)).toEqual(Array(3).fill('message_malformed'));
    expect(open).toMatchObject({ head: 2, verified: 2 });
  });

  it('answers the same however the rows are cut into pages', () => {
    const rows = [...rowsOf('a', 1, 2, 4), ...rowsOf('b', 1, 1, 2), ...rowsOf('c', 1, 2, 3)];
    const whole = followSeqs(null, rows);
    for (let cut = 1; cut < rows.length; cut++) {
      const first = followSeqs(null, rows.slice(0, cut));
      const second = followSeqs(first.open, rows.slice(cut));
      expect({
        ended: [...first.ended, ...second.ended],
        open: second.open,
        problems: [...first.problems, ...second.problems],
      }).toEqual(whole);
    }
  });
});
