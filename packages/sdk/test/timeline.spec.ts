import type { Message } from '@nestim/protocol';
import { Timeline } from '../src/timeline.js';
import { aMessage, shuffled, someRandom } from './support/messages.js';

const seqs = (messages: readonly Message[]): number[] => messages.map(({ seq }) => seq);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);
const page = (from: number, to: number): Message[] => range(from, to).map((seq) => aMessage({ seq }));

it('gives messages out in order, each once, whatever the order and number in which they come', () => {
  const random = someRandom(7);
  for (let round = 0; round < 200; round++) {
    const timeline = new Timeline(3);
    const arrivals = shuffled([...page(1, 20), ...page(5, 25)], random);
    const given = arrivals.flatMap((message) => timeline.take(message));
    expect(seqs(given)).toEqual(range(4, 25));
    expect(seqs(timeline.messages)).toEqual(range(4, 25));
    expect(timeline.missing(25)).toBeNull();
    expect(timeline.missing(27)).toEqual({ fromSeq: 26, toSeq: 27 });
  }
});

it('names exactly the hole that must be filled', () => {
  const timeline = new Timeline(10);
  expect(timeline.missing(10)).toBeNull();
  expect(timeline.missing(14)).toEqual({ fromSeq: 11, toSeq: 14 });
  timeline.take(aMessage({ seq: 13 }), aMessage({ seq: 17 }));
  expect(timeline.missing(20)).toEqual({ fromSeq: 11, toSeq: 12 });
  expect(seqs(timeline.take(...page(11, 12)))).toEqual([11, 12, 13]);
  expect(timeline.missing(0)).toEqual({ fromSeq: 14, toSeq: 16 });
});

it('goes on after what it gives up', () => {
  const timeline = new Timeline(1);
  timeline.take(...page(5, 6));
  expect(seqs(timeline.skipTo(4))).toEqual([5, 6]);
  expect(seqs(timeline.messages)).toEqual([5, 6]);
  expect(timeline.skipTo(3)).toEqual([]);
  expect(timeline.head).toBe(6);
});

it('lets go of what lies before the window', () => {
  const timeline = new Timeline(0);
  timeline.take(...page(1, 9));
  expect(timeline.cutBelow(5)).toEqual([]);
  expect(seqs(timeline.messages)).toEqual([5, 6, 7, 8, 9]);
  timeline.take(aMessage({ seq: 21 }));
  expect(seqs(timeline.cutBelow(21))).toEqual([21]);
  expect(seqs(timeline.messages)).toEqual([21]);
});

it('takes older pages only when they join without a hole', () => {
  const timeline = new Timeline(20);
  timeline.prepend(page(18, 19));
  expect(timeline.messages).toEqual([]);
  timeline.prepend(page(16, 20));
  timeline.prepend(page(10, 13));
  timeline.prepend(page(12, 17));
  expect(seqs(timeline.messages)).toEqual(range(12, 20));
  expect(seqs(timeline.between(13, 15)!)).toEqual([13, 14, 15]);
  expect(timeline.between(11, 15)).toBeNull();
  expect(timeline.between(19, 21)).toBeNull();
  expect(timeline.between(4, 3)).toEqual([]);
});

it('holds a bounded number', () => {
  const timeline = new Timeline(0, 10);
  for (const message of page(1, 100)) timeline.take(message);
  expect(timeline.messages.length).toBeLessThanOrEqual(20);
  expect(timeline.messages.at(-1)!.seq).toBe(100);
});
