import { Lane } from './writer-lane.js';

describe('a lane', () => {
  const room = () => ({ count: 2, weight: 1_000_000 });
  /** Notes in `outcomes` what became of a send. */
  const send = (senderId: string, clientMsgId: string, membership: number, outcomes: string[]) => ({
    draft: {
      conversationId: 'group:g',
      senderId,
      clientMsgId,
      type: 'text' as const,
      content: { text: 'x' },
    },
    membership,
    resolve: (outcome: unknown) => outcomes.push(`${clientMsgId} ${outcome === null ? 'void' : 'stored'}`),
    reject: () => outcomes.push(`${clientMsgId} rejected`),
  });

  it('voids all that one sent behind a send whose check is out of date, also beyond the batch and a turn', () => {
    const lane = new Lane('group:g', 2);
    const outcomes: string[] = [];
    lane.enqueue(send('ann', 'a1', 1, outcomes));
    for (const id of ['b1', 'b2', 'b3']) lane.enqueue(send('bob', id, 2, outcomes));
    lane.enqueue(send('ann', 'a2', 2, outcomes));
    lane.enqueue({ changesMembers: false, work: () => Promise.resolve(), reject: () => undefined });
    lane.enqueue(send('ann', 'a3', 2, outcomes));

    expect(lane.takeSends(room()).map(({ draft }) => draft.clientMsgId)).toEqual(['b1', 'b2']);
    expect(outcomes).toEqual(['a1 void', 'a2 void', 'a3 void']);
    expect(lane.takeSends(room()).map(({ draft }) => draft.clientMsgId)).toEqual(['b3']);
  });

  it('rejects its sends and keeps its turns', () => {
    const lane = new Lane('group:g', 1);
    const outcomes: string[] = [];
    const turn = { changesMembers: true, work: () => Promise.resolve(), reject: () => undefined };
    lane.enqueue(send('ann', 'a1', 1, outcomes));
    lane.enqueue(turn);
    lane.enqueue(send('bob', 'b1', 1, outcomes));
    lane.rejectSends(new Error('the store is gone'));
    expect(outcomes).toEqual(['a1 rejected', 'b1 rejected']);
    expect(lane.takeTurn()).toBe(turn);
    expect(lane.idle).toBe(true);
  });
});
