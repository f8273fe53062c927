import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Door } from './door.js';

describe('the door', () => {
  /** What was decided of each of so many who come in one turn, in their order. */
  function crowd(count: number) {
    const door = new Door();
    const sockets = Array.from({ length: count }, () => new Socket());
    const decided: string[] = [];
    sockets.forEach((socket, place) => {
      const decide = (_: string | null, allowed: boolean): void => {
        decided.push(`${place} ${allowed ? 'in' : 'out'}`);
      };
      door.allowRequest({ socket } as IncomingMessage, decide);
    });
    return { sockets, decided };
  }

  it('lets all in, in their order, and others have their turn in between', async () => {
    const { decided } = crowd(50);
    const seen: number[] = [];
    while (seen.at(-1) !== 50) {
      seen.push(decided.length);
      await nextTurn();
    }
    expect(seen).toEqual([0, 20, 40, 50]);
    expect(decided).toEqual(Array.from({ length: 50 }, (_, place) => `${place} in`));
  });

  it('passes over who has gone while he waited, also when his connection broke', async () => {
    const { sockets, decided } = crowd(3);
    sockets[1]!.destroy(new Error('ECONNRESET'));
    await nextTurn();
    await nextTurn();
    expect(decided).toEqual(['0 in', '2 in']);
    expect(sockets.map((socket) => socket.listenerCount('error'))).toEqual([0, 0, 0]);
  });

  it('turns away who finds twenty thousand before him', () => {
    const { decided } = crowd(20_001);
    expect(decided).toEqual(['20000 out']);
  });
});
